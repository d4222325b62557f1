// Original file: proto/fleet/v1/operator.proto


export interface QueryNodeRequest {
  'node'?: (string);
  'method'?: (string);
  'bodyJson'?: (string);
}

export interface QueryNodeRequest__Output {
  'node': (string);
  'method': (string);
  'bodyJson': (string);
}

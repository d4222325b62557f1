// Original file: proto/fleet/v1/operator.proto


export interface QueryNodeReply {
  'bodyJson'?: (string);
}

export interface QueryNodeReply__Output {
  'bodyJson': (string);
}

// Original file: proto/fleet/v1/operator.proto


export interface UncordonRequest {
  'node'?: (string);
  'reason'?: (string);
}

export interface UncordonRequest__Output {
  'node': (string);
  'reason': (string);
}

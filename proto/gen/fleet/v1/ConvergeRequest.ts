// Original file: proto/fleet/v1/operator.proto


export interface ConvergeRequest {
  'campaign'?: (string);
  'isRearmed'?: (boolean);
  'reason'?: (string);
}

export interface ConvergeRequest__Output {
  'campaign': (string);
  'isRearmed': (boolean);
  'reason': (string);
}

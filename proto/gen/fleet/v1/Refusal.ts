// Original file: proto/fleet/v1/operator.proto


export interface Refusal {
  'name'?: (string);
  'reason'?: (string);
}

export interface Refusal__Output {
  'name': (string);
  'reason': (string);
}

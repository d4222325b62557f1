// Original file: proto/fleet/v1/operator.proto


export interface Guardrail {
  'name'?: (string);
  'isGreen'?: (boolean);
  'detail'?: (string);
}

export interface Guardrail__Output {
  'name': (string);
  'isGreen': (boolean);
  'detail': (string);
}

// Original file: proto/fleet/v1/local.proto


export interface LocalGrant {
  'consumerId'?: (string);
  'key'?: (string);
  'gpu'?: (string);
  'pressure'?: (number | string);
  'overBudget'?: (boolean);
}

export interface LocalGrant__Output {
  'consumerId': (string);
  'key': (string);
  'gpu': (string);
  'pressure': (number);
  'overBudget': (boolean);
}

// Original file: proto/fleet/v1/local.proto


export interface PressureEvent {
  'name'?: (string);
  'level'?: (string);
  'ratio'?: (number | string);
  'gpu'?: (string);
}

export interface PressureEvent__Output {
  'name': (string);
  'level': (string);
  'ratio': (number);
  'gpu': (string);
}

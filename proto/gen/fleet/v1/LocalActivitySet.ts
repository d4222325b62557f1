// Original file: proto/fleet/v1/local.proto


export interface LocalActivitySet {
  'moved'?: (number);
}

export interface LocalActivitySet__Output {
  'moved': (number);
}

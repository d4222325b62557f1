// Original file: proto/fleet/v1/local.proto


export interface LocalTouched {
  'isHeld'?: (boolean);
}

export interface LocalTouched__Output {
  'isHeld': (boolean);
}

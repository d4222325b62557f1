// Original file: proto/fleet/v1/local.proto


export interface LocalTouch {
  'consumerId'?: (string);
}

export interface LocalTouch__Output {
  'consumerId': (string);
}

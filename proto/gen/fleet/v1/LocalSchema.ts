// Original file: proto/fleet/v1/local.proto


export interface LocalSchema {
  'file'?: (Buffer | Uint8Array | string)[];
}

export interface LocalSchema__Output {
  'file': (Buffer)[];
}

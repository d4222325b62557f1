// Original file: proto/fleet/v1/local.proto


export interface LocalWatch {
  'includeUpdates'?: (boolean);
}

export interface LocalWatch__Output {
  'includeUpdates': (boolean);
}

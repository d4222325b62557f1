// Original file: proto/fleet/v1/operator.proto


export interface WatchRequest {
  'node'?: (string);
  'includeUpdates'?: (boolean);
}

export interface WatchRequest__Output {
  'node': (string);
  'includeUpdates': (boolean);
}

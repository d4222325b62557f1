// Original file: proto/fleet/v1/operator.proto


export interface ClearOverrideRequest {
  'id'?: (string);
  'reason'?: (string);
}

export interface ClearOverrideRequest__Output {
  'id': (string);
  'reason': (string);
}

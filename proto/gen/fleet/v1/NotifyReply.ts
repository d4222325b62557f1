// Original file: proto/fleet/v1/operator.proto


export interface NotifyReply {
  'bodyJson'?: (string);
}

export interface NotifyReply__Output {
  'bodyJson': (string);
}

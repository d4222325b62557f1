// Original file: proto/fleet/v1/operator.proto


export interface TestNotifyRequest {
  'channel'?: (string);
}

export interface TestNotifyRequest__Output {
  'channel': (string);
}

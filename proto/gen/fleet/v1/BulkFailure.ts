// Original file: proto/fleet/v1/agent.proto


export interface BulkFailure {
  'code'?: (string);
  'message'?: (string);
}

export interface BulkFailure__Output {
  'code': (string);
  'message': (string);
}

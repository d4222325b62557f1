// Original file: proto/fleet/v1/operator.proto


export interface RequeueRequest {
  'jobIds'?: (string)[];
  'state'?: (string);
  'reason'?: (string);
  'isDryRun'?: (boolean);
}

export interface RequeueRequest__Output {
  'jobIds': (string)[];
  'state': (string);
  'reason': (string);
  'isDryRun': (boolean);
}

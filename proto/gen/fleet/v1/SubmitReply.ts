// Original file: proto/fleet/v1/operator.proto


export interface SubmitReply {
  'jobId'?: (string);
  'isDuplicate'?: (boolean);
}

export interface SubmitReply__Output {
  'jobId': (string);
  'isDuplicate': (boolean);
}

// Original file: proto/fleet/v1/operator.proto


export interface SubmitReply {
  'jobId'?: (string);
  'isDuplicate'?: (boolean);
  'notes'?: (string)[];
}

export interface SubmitReply__Output {
  'jobId': (string);
  'isDuplicate': (boolean);
  'notes': (string)[];
}

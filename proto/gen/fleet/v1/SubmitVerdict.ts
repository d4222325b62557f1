// Original file: proto/fleet/v1/operator.proto


export interface SubmitVerdict {
  'jobId'?: (string);
  'isDuplicate'?: (boolean);
  'refusalCode'?: (string);
  'refusal'?: (string);
  'notes'?: (string)[];
}

export interface SubmitVerdict__Output {
  'jobId': (string);
  'isDuplicate': (boolean);
  'refusalCode': (string);
  'refusal': (string);
  'notes': (string)[];
}

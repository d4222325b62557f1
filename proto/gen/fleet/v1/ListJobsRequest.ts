// Original file: proto/fleet/v1/operator.proto


export interface ListJobsRequest {
  'state'?: (string);
  'campaign'?: (string);
  'limit'?: (number);
  'before'?: (string);
}

export interface ListJobsRequest__Output {
  'state': (string);
  'campaign': (string);
  'limit': (number);
  'before': (string);
}

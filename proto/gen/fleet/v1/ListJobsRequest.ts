// Original file: proto/fleet/v1/operator.proto


export interface ListJobsRequest {
  'state'?: (string);
  'campaign'?: (string);
  'limit'?: (number);
}

export interface ListJobsRequest__Output {
  'state': (string);
  'campaign': (string);
  'limit': (number);
}

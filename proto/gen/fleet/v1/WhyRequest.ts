// Original file: proto/fleet/v1/operator.proto


export interface WhyRequest {
  'kind'?: (string);
  'name'?: (string);
}

export interface WhyRequest__Output {
  'kind': (string);
  'name': (string);
}

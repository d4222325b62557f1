// Original file: proto/fleet/v1/operator.proto


export interface RefillRequest {
  'campaign'?: (string);
}

export interface RefillRequest__Output {
  'campaign': (string);
}

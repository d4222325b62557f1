// Original file: proto/fleet/v1/operator.proto


export interface GetCampaignRequest {
  'campaign'?: (string);
}

export interface GetCampaignRequest__Output {
  'campaign': (string);
}

// Original file: proto/fleet/v1/operator.proto


export interface CampaignView {
  'campaign'?: (string);
  'state'?: (string);
  'rule'?: (string);
  'cycle'?: (number);
  'maxCycles'?: (number);
  'renders'?: (number);
  'maxRenders'?: (number);
  'gpuSeconds'?: (number | string);
  'tolerance'?: (number | string);
  'firstDistance'?: (number | string);
  'lastDistance'?: (number | string);
  'bestDistance'?: (number | string);
  'bestJob'?: (string);
  'masterJob'?: (string);
  'isMasterPublished'?: (boolean);
  'slots'?: (number);
  'slotsScored'?: (number);
  'arming'?: (number);
  '_firstDistance'?: "firstDistance";
  '_lastDistance'?: "lastDistance";
  '_bestDistance'?: "bestDistance";
}

export interface CampaignView__Output {
  'campaign': (string);
  'state': (string);
  'rule': (string);
  'cycle': (number);
  'maxCycles': (number);
  'renders': (number);
  'maxRenders': (number);
  'gpuSeconds': (number);
  'tolerance': (number);
  'firstDistance'?: (number);
  'lastDistance'?: (number);
  'bestDistance'?: (number);
  'bestJob': (string);
  'masterJob': (string);
  'isMasterPublished': (boolean);
  'slots': (number);
  'slotsScored': (number);
  'arming': (number);
  '_firstDistance'?: "firstDistance";
  '_lastDistance'?: "lastDistance";
  '_bestDistance'?: "bestDistance";
}

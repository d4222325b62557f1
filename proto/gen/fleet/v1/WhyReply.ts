// Original file: proto/fleet/v1/operator.proto

import type { Evidence as _fleet_v1_Evidence, Evidence__Output as _fleet_v1_Evidence__Output } from '../../fleet/v1/Evidence.ts';

export interface WhyReply {
  'verdict'?: (string);
  'rule'?: (string);
  'evidence'?: (_fleet_v1_Evidence)[];
  'wouldChange'?: (string)[];
  'undurableEvents'?: (number);
}

export interface WhyReply__Output {
  'verdict': (string);
  'rule': (string);
  'evidence': (_fleet_v1_Evidence__Output)[];
  'wouldChange': (string)[];
  'undurableEvents': (number);
}

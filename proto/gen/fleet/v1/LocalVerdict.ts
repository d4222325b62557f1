// Original file: proto/fleet/v1/local.proto

import type { LocalGrant as _fleet_v1_LocalGrant, LocalGrant__Output as _fleet_v1_LocalGrant__Output } from '../../fleet/v1/LocalGrant.ts';
import type { LocalRefusal as _fleet_v1_LocalRefusal, LocalRefusal__Output as _fleet_v1_LocalRefusal__Output } from '../../fleet/v1/LocalRefusal.ts';

export interface LocalVerdict {
  'granted'?: (_fleet_v1_LocalGrant | null);
  'refused'?: (_fleet_v1_LocalRefusal | null);
  'verdict'?: "granted"|"refused";
}

export interface LocalVerdict__Output {
  'granted'?: (_fleet_v1_LocalGrant__Output | null);
  'refused'?: (_fleet_v1_LocalRefusal__Output | null);
  'verdict'?: "granted"|"refused";
}

// Original file: proto/fleet/v1/local.proto

import type { PressureEvent as _fleet_v1_PressureEvent, PressureEvent__Output as _fleet_v1_PressureEvent__Output } from '../../fleet/v1/PressureEvent.ts';
import type { EvictRequest as _fleet_v1_EvictRequest, EvictRequest__Output as _fleet_v1_EvictRequest__Output } from '../../fleet/v1/EvictRequest.ts';

export interface LocalEvent {
  'pressure'?: (_fleet_v1_PressureEvent | null);
  'evict'?: (_fleet_v1_EvictRequest | null);
  'event'?: "pressure"|"evict";
}

export interface LocalEvent__Output {
  'pressure'?: (_fleet_v1_PressureEvent__Output | null);
  'evict'?: (_fleet_v1_EvictRequest__Output | null);
  'event'?: "pressure"|"evict";
}

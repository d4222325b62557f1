// Original file: proto/fleet/v1/local.proto

import type { EvictionCandidate as _fleet_v1_EvictionCandidate, EvictionCandidate__Output as _fleet_v1_EvictionCandidate__Output } from '../../fleet/v1/EvictionCandidate.ts';

export interface EvictionCandidatesReply {
  'candidates'?: (_fleet_v1_EvictionCandidate)[];
}

export interface EvictionCandidatesReply__Output {
  'candidates': (_fleet_v1_EvictionCandidate__Output)[];
}

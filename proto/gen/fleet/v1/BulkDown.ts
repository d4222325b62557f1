// Original file: proto/fleet/v1/agent.proto

import type { BulkResume as _fleet_v1_BulkResume, BulkResume__Output as _fleet_v1_BulkResume__Output } from '../../fleet/v1/BulkResume.ts';
import type { BulkChunk as _fleet_v1_BulkChunk, BulkChunk__Output as _fleet_v1_BulkChunk__Output } from '../../fleet/v1/BulkChunk.ts';
import type { BulkAck as _fleet_v1_BulkAck, BulkAck__Output as _fleet_v1_BulkAck__Output } from '../../fleet/v1/BulkAck.ts';
import type { BulkFailure as _fleet_v1_BulkFailure, BulkFailure__Output as _fleet_v1_BulkFailure__Output } from '../../fleet/v1/BulkFailure.ts';

export interface BulkDown {
  'resume'?: (_fleet_v1_BulkResume | null);
  'chunk'?: (_fleet_v1_BulkChunk | null);
  'ack'?: (_fleet_v1_BulkAck | null);
  'failure'?: (_fleet_v1_BulkFailure | null);
  'kind'?: "resume"|"chunk"|"ack"|"failure";
}

export interface BulkDown__Output {
  'resume'?: (_fleet_v1_BulkResume__Output | null);
  'chunk'?: (_fleet_v1_BulkChunk__Output | null);
  'ack'?: (_fleet_v1_BulkAck__Output | null);
  'failure'?: (_fleet_v1_BulkFailure__Output | null);
  'kind'?: "resume"|"chunk"|"ack"|"failure";
}

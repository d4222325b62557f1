// Original file: proto/fleet/v1/agent.proto

import type { BulkOpen as _fleet_v1_BulkOpen, BulkOpen__Output as _fleet_v1_BulkOpen__Output } from '../../fleet/v1/BulkOpen.ts';
import type { BulkChunk as _fleet_v1_BulkChunk, BulkChunk__Output as _fleet_v1_BulkChunk__Output } from '../../fleet/v1/BulkChunk.ts';
import type { BulkCommit as _fleet_v1_BulkCommit, BulkCommit__Output as _fleet_v1_BulkCommit__Output } from '../../fleet/v1/BulkCommit.ts';
import type { BulkAck as _fleet_v1_BulkAck, BulkAck__Output as _fleet_v1_BulkAck__Output } from '../../fleet/v1/BulkAck.ts';

export interface BulkUp {
  'open'?: (_fleet_v1_BulkOpen | null);
  'chunk'?: (_fleet_v1_BulkChunk | null);
  'commit'?: (_fleet_v1_BulkCommit | null);
  'ack'?: (_fleet_v1_BulkAck | null);
  'kind'?: "open"|"chunk"|"commit"|"ack";
}

export interface BulkUp__Output {
  'open'?: (_fleet_v1_BulkOpen__Output | null);
  'chunk'?: (_fleet_v1_BulkChunk__Output | null);
  'commit'?: (_fleet_v1_BulkCommit__Output | null);
  'ack'?: (_fleet_v1_BulkAck__Output | null);
  'kind'?: "open"|"chunk"|"commit"|"ack";
}

// Original file: proto/fleet/v1/agent.proto

import type { Upload as _fleet_v1_Upload, Upload__Output as _fleet_v1_Upload__Output } from '../../fleet/v1/Upload.ts';
import type { Fetch as _fleet_v1_Fetch, Fetch__Output as _fleet_v1_Fetch__Output } from '../../fleet/v1/Fetch.ts';

export interface BulkOpen {
  'sessionId'?: (string);
  'upload'?: (_fleet_v1_Upload | null);
  'fetch'?: (_fleet_v1_Fetch | null);
  'kind'?: "upload"|"fetch";
}

export interface BulkOpen__Output {
  'sessionId': (string);
  'upload'?: (_fleet_v1_Upload__Output | null);
  'fetch'?: (_fleet_v1_Fetch__Output | null);
  'kind'?: "upload"|"fetch";
}

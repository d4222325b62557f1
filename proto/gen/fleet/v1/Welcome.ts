// Original file: proto/fleet/v1/agent.proto

import type { Verdict as _fleet_v1_Verdict, Verdict__Output as _fleet_v1_Verdict__Output } from '../../fleet/v1/Verdict.ts';
import type { Desired as _fleet_v1_Desired, Desired__Output as _fleet_v1_Desired__Output } from '../../fleet/v1/Desired.ts';
import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  'protocolMajor'?: (number);
  'protocolMinor'?: (number);
  'epoch'?: (number | string | Long);
  'sessionId'?: (string);
  'timingScale'?: (number | string);
  'verdicts'?: (_fleet_v1_Verdict)[];
  'desired'?: (_fleet_v1_Desired | null);
  'hubId'?: (string);
}

export interface Welcome__Output {
  'protocolMajor': (number);
  'protocolMinor': (number);
  'epoch': (number);
  'sessionId': (string);
  'timingScale': (number);
  'verdicts': (_fleet_v1_Verdict__Output)[];
  'desired': (_fleet_v1_Desired__Output | null);
  'hubId': (string);
}

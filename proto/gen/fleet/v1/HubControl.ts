// Original file: proto/fleet/v1/agent.proto

import type { Welcome as _fleet_v1_Welcome, Welcome__Output as _fleet_v1_Welcome__Output } from '../../fleet/v1/Welcome.ts';
import type { HeartbeatEcho as _fleet_v1_HeartbeatEcho, HeartbeatEcho__Output as _fleet_v1_HeartbeatEcho__Output } from '../../fleet/v1/HeartbeatEcho.ts';
import type { Grants as _fleet_v1_Grants, Grants__Output as _fleet_v1_Grants__Output } from '../../fleet/v1/Grants.ts';
import type { NoWork as _fleet_v1_NoWork, NoWork__Output as _fleet_v1_NoWork__Output } from '../../fleet/v1/NoWork.ts';
import type { Renewed as _fleet_v1_Renewed, Renewed__Output as _fleet_v1_Renewed__Output } from '../../fleet/v1/Renewed.ts';
import type { CompleteAck as _fleet_v1_CompleteAck, CompleteAck__Output as _fleet_v1_CompleteAck__Output } from '../../fleet/v1/CompleteAck.ts';
import type { Stop as _fleet_v1_Stop, Stop__Output as _fleet_v1_Stop__Output } from '../../fleet/v1/Stop.ts';
import type { Desired as _fleet_v1_Desired, Desired__Output as _fleet_v1_Desired__Output } from '../../fleet/v1/Desired.ts';
import type { Goodbye as _fleet_v1_Goodbye, Goodbye__Output as _fleet_v1_Goodbye__Output } from '../../fleet/v1/Goodbye.ts';
import type { Query as _fleet_v1_Query, Query__Output as _fleet_v1_Query__Output } from '../../fleet/v1/Query.ts';

export interface HubControl {
  'welcome'?: (_fleet_v1_Welcome | null);
  'heartbeatEcho'?: (_fleet_v1_HeartbeatEcho | null);
  'grants'?: (_fleet_v1_Grants | null);
  'noWork'?: (_fleet_v1_NoWork | null);
  'renewed'?: (_fleet_v1_Renewed | null);
  'completeAck'?: (_fleet_v1_CompleteAck | null);
  'stop'?: (_fleet_v1_Stop | null);
  'desired'?: (_fleet_v1_Desired | null);
  'goodbye'?: (_fleet_v1_Goodbye | null);
  'query'?: (_fleet_v1_Query | null);
  'kind'?: "welcome"|"heartbeatEcho"|"grants"|"noWork"|"renewed"|"completeAck"|"stop"|"desired"|"goodbye"|"query";
}

export interface HubControl__Output {
  'welcome'?: (_fleet_v1_Welcome__Output | null);
  'heartbeatEcho'?: (_fleet_v1_HeartbeatEcho__Output | null);
  'grants'?: (_fleet_v1_Grants__Output | null);
  'noWork'?: (_fleet_v1_NoWork__Output | null);
  'renewed'?: (_fleet_v1_Renewed__Output | null);
  'completeAck'?: (_fleet_v1_CompleteAck__Output | null);
  'stop'?: (_fleet_v1_Stop__Output | null);
  'desired'?: (_fleet_v1_Desired__Output | null);
  'goodbye'?: (_fleet_v1_Goodbye__Output | null);
  'query'?: (_fleet_v1_Query__Output | null);
  'kind'?: "welcome"|"heartbeatEcho"|"grants"|"noWork"|"renewed"|"completeAck"|"stop"|"desired"|"goodbye"|"query";
}

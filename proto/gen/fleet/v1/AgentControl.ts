// Original file: proto/fleet/v1/agent.proto

import type { Hello as _fleet_v1_Hello, Hello__Output as _fleet_v1_Hello__Output } from '../../fleet/v1/Hello.ts';
import type { Heartbeat as _fleet_v1_Heartbeat, Heartbeat__Output as _fleet_v1_Heartbeat__Output } from '../../fleet/v1/Heartbeat.ts';
import type { Claim as _fleet_v1_Claim, Claim__Output as _fleet_v1_Claim__Output } from '../../fleet/v1/Claim.ts';
import type { Decline as _fleet_v1_Decline, Decline__Output as _fleet_v1_Decline__Output } from '../../fleet/v1/Decline.ts';
import type { Started as _fleet_v1_Started, Started__Output as _fleet_v1_Started__Output } from '../../fleet/v1/Started.ts';
import type { Progress as _fleet_v1_Progress, Progress__Output as _fleet_v1_Progress__Output } from '../../fleet/v1/Progress.ts';
import type { Crossing as _fleet_v1_Crossing, Crossing__Output as _fleet_v1_Crossing__Output } from '../../fleet/v1/Crossing.ts';
import type { Renew as _fleet_v1_Renew, Renew__Output as _fleet_v1_Renew__Output } from '../../fleet/v1/Renew.ts';
import type { Complete as _fleet_v1_Complete, Complete__Output as _fleet_v1_Complete__Output } from '../../fleet/v1/Complete.ts';
import type { LatchAck as _fleet_v1_LatchAck, LatchAck__Output as _fleet_v1_LatchAck__Output } from '../../fleet/v1/LatchAck.ts';
import type { Answer as _fleet_v1_Answer, Answer__Output as _fleet_v1_Answer__Output } from '../../fleet/v1/Answer.ts';
import type { Decision as _fleet_v1_Decision, Decision__Output as _fleet_v1_Decision__Output } from '../../fleet/v1/Decision.ts';
import type { Fault as _fleet_v1_Fault, Fault__Output as _fleet_v1_Fault__Output } from '../../fleet/v1/Fault.ts';
import type { Standing as _fleet_v1_Standing, Standing__Output as _fleet_v1_Standing__Output } from '../../fleet/v1/Standing.ts';
import type { Restart as _fleet_v1_Restart, Restart__Output as _fleet_v1_Restart__Output } from '../../fleet/v1/Restart.ts';

export interface AgentControl {
  'hello'?: (_fleet_v1_Hello | null);
  'heartbeat'?: (_fleet_v1_Heartbeat | null);
  'claim'?: (_fleet_v1_Claim | null);
  'decline'?: (_fleet_v1_Decline | null);
  'started'?: (_fleet_v1_Started | null);
  'progress'?: (_fleet_v1_Progress | null);
  'crossing'?: (_fleet_v1_Crossing | null);
  'renew'?: (_fleet_v1_Renew | null);
  'complete'?: (_fleet_v1_Complete | null);
  'latchAck'?: (_fleet_v1_LatchAck | null);
  'answer'?: (_fleet_v1_Answer | null);
  'decision'?: (_fleet_v1_Decision | null);
  'fault'?: (_fleet_v1_Fault | null);
  'standing'?: (_fleet_v1_Standing | null);
  'restart'?: (_fleet_v1_Restart | null);
  'kind'?: "hello"|"heartbeat"|"claim"|"decline"|"started"|"progress"|"crossing"|"renew"|"complete"|"latchAck"|"answer"|"decision"|"fault"|"standing"|"restart";
}

export interface AgentControl__Output {
  'hello'?: (_fleet_v1_Hello__Output | null);
  'heartbeat'?: (_fleet_v1_Heartbeat__Output | null);
  'claim'?: (_fleet_v1_Claim__Output | null);
  'decline'?: (_fleet_v1_Decline__Output | null);
  'started'?: (_fleet_v1_Started__Output | null);
  'progress'?: (_fleet_v1_Progress__Output | null);
  'crossing'?: (_fleet_v1_Crossing__Output | null);
  'renew'?: (_fleet_v1_Renew__Output | null);
  'complete'?: (_fleet_v1_Complete__Output | null);
  'latchAck'?: (_fleet_v1_LatchAck__Output | null);
  'answer'?: (_fleet_v1_Answer__Output | null);
  'decision'?: (_fleet_v1_Decision__Output | null);
  'fault'?: (_fleet_v1_Fault__Output | null);
  'standing'?: (_fleet_v1_Standing__Output | null);
  'restart'?: (_fleet_v1_Restart__Output | null);
  'kind'?: "hello"|"heartbeat"|"claim"|"decline"|"started"|"progress"|"crossing"|"renew"|"complete"|"latchAck"|"answer"|"decision"|"fault"|"standing"|"restart";
}

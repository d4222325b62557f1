// Original file: proto/fleet/v1/operator.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Lane as _fleet_v1_Lane, Lane__Output as _fleet_v1_Lane__Output } from '../../fleet/v1/Lane.ts';
import type { OnHubLoss as _fleet_v1_OnHubLoss, OnHubLoss__Output as _fleet_v1_OnHubLoss__Output } from '../../fleet/v1/OnHubLoss.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from '../../fleet/v1/InputFile.ts';
import type { JobKind as _fleet_v1_JobKind, JobKind__Output as _fleet_v1_JobKind__Output } from '../../fleet/v1/JobKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface SubmitRequest {
  'key'?: (string);
  'producer'?: (string);
  'runner'?: (string);
  'paramsJson'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'lane'?: (_fleet_v1_Lane);
  'vramBytes'?: (number | string | Long);
  'subsystem'?: (string);
  'campaign'?: (string);
  'node'?: (string);
  'maxRuntimeMs'?: (number | string | Long);
  'maxAttempts'?: (number);
  'delayMs'?: (number | string | Long);
  'onHubLoss'?: (_fleet_v1_OnHubLoss);
  'inputs'?: (_fleet_v1_InputFile)[];
  'kind'?: (_fleet_v1_JobKind);
  'after'?: (string)[];
  'uses'?: (string);
  'notBeforeWallMs'?: (number | string | Long);
}

export interface SubmitRequest__Output {
  'key': (string);
  'producer': (string);
  'runner': (string);
  'paramsJson': (string);
  'priority': (_fleet_v1_Priority__Output);
  'lane': (_fleet_v1_Lane__Output);
  'vramBytes': (number);
  'subsystem': (string);
  'campaign': (string);
  'node': (string);
  'maxRuntimeMs': (number);
  'maxAttempts': (number);
  'delayMs': (number);
  'onHubLoss': (_fleet_v1_OnHubLoss__Output);
  'inputs': (_fleet_v1_InputFile__Output)[];
  'kind': (_fleet_v1_JobKind__Output);
  'after': (string)[];
  'uses': (string);
  'notBeforeWallMs': (number);
}

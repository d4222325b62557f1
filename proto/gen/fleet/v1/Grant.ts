// Original file: proto/fleet/v1/agent.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Lane as _fleet_v1_Lane, Lane__Output as _fleet_v1_Lane__Output } from '../../fleet/v1/Lane.ts';
import type { OnHubLoss as _fleet_v1_OnHubLoss, OnHubLoss__Output as _fleet_v1_OnHubLoss__Output } from '../../fleet/v1/OnHubLoss.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from '../../fleet/v1/InputFile.ts';
import type { RestartAllowance as _fleet_v1_RestartAllowance, RestartAllowance__Output as _fleet_v1_RestartAllowance__Output } from '../../fleet/v1/RestartAllowance.ts';
import type { Long } from '@grpc/proto-loader';

export interface Grant {
  'token'?: (number | string | Long);
  'jobId'?: (string);
  'runner'?: (string);
  'paramsJson'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'lane'?: (_fleet_v1_Lane);
  'vramBytes'?: (number | string | Long);
  'subsystem'?: (string);
  'ttlMs'?: (number | string | Long);
  'maxRuntimeMs'?: (number | string | Long);
  'onHubLoss'?: (_fleet_v1_OnHubLoss);
  'offlineGraceMs'?: (number | string | Long);
  'inputs'?: (_fleet_v1_InputFile)[];
  'restarts'?: (_fleet_v1_RestartAllowance | null);
}

export interface Grant__Output {
  'token': (number);
  'jobId': (string);
  'runner': (string);
  'paramsJson': (string);
  'priority': (_fleet_v1_Priority__Output);
  'lane': (_fleet_v1_Lane__Output);
  'vramBytes': (number);
  'subsystem': (string);
  'ttlMs': (number);
  'maxRuntimeMs': (number);
  'onHubLoss': (_fleet_v1_OnHubLoss__Output);
  'offlineGraceMs': (number);
  'inputs': (_fleet_v1_InputFile__Output)[];
  'restarts': (_fleet_v1_RestartAllowance__Output | null);
}

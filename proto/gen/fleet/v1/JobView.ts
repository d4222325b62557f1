// Original file: proto/fleet/v1/operator.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Lane as _fleet_v1_Lane, Lane__Output as _fleet_v1_Lane__Output } from '../../fleet/v1/Lane.ts';
import type { JobKind as _fleet_v1_JobKind, JobKind__Output as _fleet_v1_JobKind__Output } from '../../fleet/v1/JobKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface JobView {
  'jobId'?: (string);
  'state'?: (string);
  'runner'?: (string);
  'producer'?: (string);
  'campaign'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'lane'?: (_fleet_v1_Lane);
  'vramBytes'?: (number | string | Long);
  'paramsJson'?: (string);
  'attempts'?: (number);
  'maxAttempts'?: (number);
  'node'?: (string);
  'token'?: (number | string | Long);
  'isPublished'?: (boolean);
  'resultJson'?: (string);
  'lastDetail'?: (string);
  'submittedWallMs'?: (number | string | Long);
  'endedWallMs'?: (number | string | Long);
  'progressRatio'?: (number | string);
  'peakVramBytes'?: (number | string | Long);
  'learnedVramBytes'?: (number | string | Long);
  'kind'?: (_fleet_v1_JobKind);
  'starts'?: (number);
  'startsMax'?: (number);
  'lastExit'?: (string);
  'isRestarting'?: (boolean);
  'ends'?: ({[key: string]: number});
  'after'?: (string)[];
  'uses'?: (string);
}

export interface JobView__Output {
  'jobId': (string);
  'state': (string);
  'runner': (string);
  'producer': (string);
  'campaign': (string);
  'priority': (_fleet_v1_Priority__Output);
  'lane': (_fleet_v1_Lane__Output);
  'vramBytes': (number);
  'paramsJson': (string);
  'attempts': (number);
  'maxAttempts': (number);
  'node': (string);
  'token': (number);
  'isPublished': (boolean);
  'resultJson': (string);
  'lastDetail': (string);
  'submittedWallMs': (number);
  'endedWallMs': (number);
  'progressRatio': (number);
  'peakVramBytes': (number);
  'learnedVramBytes': (number);
  'kind': (_fleet_v1_JobKind__Output);
  'starts': (number);
  'startsMax': (number);
  'lastExit': (string);
  'isRestarting': (boolean);
  'ends': ({[key: string]: number});
  'after': (string)[];
  'uses': (string);
}

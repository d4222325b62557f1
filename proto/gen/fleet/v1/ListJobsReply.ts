// Original file: proto/fleet/v1/operator.proto

import type { JobView as _fleet_v1_JobView, JobView__Output as _fleet_v1_JobView__Output } from '../../fleet/v1/JobView.ts';

export interface ListJobsReply {
  'jobs'?: (_fleet_v1_JobView)[];
  'total'?: (number);
  'nextBefore'?: (string);
}

export interface ListJobsReply__Output {
  'jobs': (_fleet_v1_JobView__Output)[];
  'total': (number);
  'nextBefore': (string);
}

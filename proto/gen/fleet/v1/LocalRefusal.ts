// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface LocalRefusal {
  'reason'?: (string);
  'because'?: (string);
  'wouldChange'?: (string);
  'gate'?: (number | string);
  'pressure'?: (number | string);
  'wouldBe'?: (number | string);
  'headroomBytes'?: (number | string | Long);
  '_gate'?: "gate";
  '_pressure'?: "pressure";
  '_wouldBe'?: "wouldBe";
  '_headroomBytes'?: "headroomBytes";
}

export interface LocalRefusal__Output {
  'reason': (string);
  'because': (string);
  'wouldChange': (string);
  'gate'?: (number);
  'pressure'?: (number);
  'wouldBe'?: (number);
  'headroomBytes'?: (number);
  '_gate'?: "gate";
  '_pressure'?: "pressure";
  '_wouldBe'?: "wouldBe";
  '_headroomBytes'?: "headroomBytes";
}

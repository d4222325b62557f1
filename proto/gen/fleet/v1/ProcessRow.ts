// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface ProcessRow {
  'pid'?: (number);
  'name'?: (string);
  'rssBytes'?: (number | string | Long);
  'vramBytes'?: (number | string | Long);
  'cpuMs'?: (number | string | Long);
  '_rssBytes'?: "rssBytes";
  '_vramBytes'?: "vramBytes";
}

export interface ProcessRow__Output {
  'pid': (number);
  'name': (string);
  'rssBytes'?: (number);
  'vramBytes'?: (number);
  'cpuMs': (number);
  '_rssBytes'?: "rssBytes";
  '_vramBytes'?: "vramBytes";
}

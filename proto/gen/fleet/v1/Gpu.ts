// Original file: proto/fleet/v1/types.proto

import type { Long } from '@grpc/proto-loader';

export interface Gpu {
  'uuid'?: (string);
  'name'?: (string);
  'totalBytes'?: (number | string | Long);
  'usedBytes'?: (number | string | Long);
  'utilisationRatio'?: (number | string);
  'temperatureC'?: (number | string);
  'powerW'?: (number | string);
  'source'?: (string);
  '_usedBytes'?: "usedBytes";
  '_utilisationRatio'?: "utilisationRatio";
  '_temperatureC'?: "temperatureC";
  '_powerW'?: "powerW";
}

export interface Gpu__Output {
  'uuid': (string);
  'name': (string);
  'totalBytes': (number);
  'usedBytes'?: (number);
  'utilisationRatio'?: (number);
  'temperatureC'?: (number);
  'powerW'?: (number);
  'source': (string);
  '_usedBytes'?: "usedBytes";
  '_utilisationRatio'?: "utilisationRatio";
  '_temperatureC'?: "temperatureC";
  '_powerW'?: "powerW";
}

// Original file: proto/fleet/v1/types.proto

import type { Long } from '@grpc/proto-loader';

export interface InputFile {
  'path'?: (string);
  'sha256'?: (string);
  'bytes'?: (number | string | Long);
}

export interface InputFile__Output {
  'path': (string);
  'sha256': (string);
  'bytes': (number);
}

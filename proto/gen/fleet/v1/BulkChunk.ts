// Original file: proto/fleet/v1/agent.proto


export interface BulkChunk {
  'data'?: (Buffer | Uint8Array | string);
}

export interface BulkChunk__Output {
  'data': (Buffer);
}

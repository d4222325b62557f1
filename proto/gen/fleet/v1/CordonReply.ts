// Original file: proto/fleet/v1/operator.proto


export interface CordonReply {
  'node'?: (string);
  'isCordoned'?: (boolean);
  'isChanged'?: (boolean);
  'jobIds'?: (string)[];
}

export interface CordonReply__Output {
  'node': (string);
  'isCordoned': (boolean);
  'isChanged': (boolean);
  'jobIds': (string)[];
}

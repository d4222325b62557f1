// Original file: proto/fleet/v1/operator.proto


export interface RefillReply {
  'created'?: (number);
  'rule'?: (string);
  'detail'?: (string);
}

export interface RefillReply__Output {
  'created': (number);
  'rule': (string);
  'detail': (string);
}

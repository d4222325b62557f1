// Original file: proto/fleet/v1/agent.proto


export interface Decision {
  'decision'?: (string);
  'bodyJson'?: (string);
}

export interface Decision__Output {
  'decision': (string);
  'bodyJson': (string);
}

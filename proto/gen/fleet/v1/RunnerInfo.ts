// Original file: proto/fleet/v1/agent.proto


export interface RunnerInfo {
  'name'?: (string);
  'sha256'?: (string);
  'isVramLearned'?: (boolean);
}

export interface RunnerInfo__Output {
  'name': (string);
  'sha256': (string);
  'isVramLearned': (boolean);
}

// Original file: proto/fleet/v1/local.proto


export interface SystemResourcesRequest {
  'includeProcesses'?: (boolean);
  'topN'?: (number);
}

export interface SystemResourcesRequest__Output {
  'includeProcesses': (boolean);
  'topN': (number);
}

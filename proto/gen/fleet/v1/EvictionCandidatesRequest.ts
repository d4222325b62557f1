// Original file: proto/fleet/v1/local.proto


export interface EvictionCandidatesRequest {
}

export interface EvictionCandidatesRequest__Output {
}

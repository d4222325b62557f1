// Original file: proto/fleet/v1/local.proto


export interface LocalStatsRequest {
}

export interface LocalStatsRequest__Output {
}

// Original file: proto/fleet/v1/local.proto


export interface QosNoted {
}

export interface QosNoted__Output {
}

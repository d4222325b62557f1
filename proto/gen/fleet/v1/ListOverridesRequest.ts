// Original file: proto/fleet/v1/operator.proto


export interface ListOverridesRequest {
}

export interface ListOverridesRequest__Output {
}

// Original file: proto/fleet/v1/local.proto


export interface EvictionRegistryRequest {
}

export interface EvictionRegistryRequest__Output {
}

// Original file: proto/fleet/v1/operator.proto


export interface ListNodesRequest {
}

export interface ListNodesRequest__Output {
}

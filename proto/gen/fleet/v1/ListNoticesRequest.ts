// Original file: proto/fleet/v1/operator.proto


export interface ListNoticesRequest {
}

export interface ListNoticesRequest__Output {
}

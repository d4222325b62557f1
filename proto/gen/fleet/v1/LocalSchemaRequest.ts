// Original file: proto/fleet/v1/local.proto


export interface LocalSchemaRequest {
}

export interface LocalSchemaRequest__Output {
}

// Original file: proto/fleet/v1/agent.proto


export interface TelemetryAck {
}

export interface TelemetryAck__Output {
}

/**
 * Local service: the agent's gRPC service on a Unix socket as the `.proto` describes it, and what both ends
 * set on a connection. There is no keepalive: the kernel tells the end of a process at once, and a client that
 * is stopped for a while must not lose what it holds.
 */
import { type ChannelOptions, loadPackageDefinition } from "@grpc/grpc-js";
import type { LocalGateDefinition } from "../../proto/gen/fleet/v1/LocalGate.ts";
import type { ProtoGrpcType } from "../../proto/gen/local.ts";
import { readProtos } from "./protos.ts";

const FILES = ["fleet/v1/local.proto"];

interface ProtoPackage {
  readonly "fleet.v1.LocalGate": LocalGateDefinition;
}

export type LocalGateService = ProtoGrpcType["fleet"]["v1"]["LocalGate"];

/** Largest message that a client may send, and that an agent may answer with. */
export const LOCAL_MESSAGE_BYTES = { request: 64 * 1024, reply: 4 * 1024 * 1024 } as const;

/** Calls that one connection may have open, watches included; further ones wait at the client. */
const MAX_STREAMS = 64;
/** grpc-js drops a quiet connection after half an hour, and with it what the client holds. */
const NEVER_IDLE_MS = 2 ** 31 - 1;

export const LOCAL_SERVER_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": LOCAL_MESSAGE_BYTES.request,
  "grpc.max_send_message_length": LOCAL_MESSAGE_BYTES.reply,
  "grpc.max_concurrent_streams": MAX_STREAMS,
};

export const LOCAL_CLIENT_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.client_idle_timeout_ms": NEVER_IDLE_MS,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.max_receive_message_length": LOCAL_MESSAGE_BYTES.reply,
};

let service: LocalGateService | null = null;

/** The first call reads and parses the files. */
export function localGateService(): LocalGateService {
  service ??= load();
  return service;
}

/** The schema as serialised file descriptors, with the names of the `.proto` files. */
export function localSchema(): readonly Buffer[] {
  const definition = readProtos(FILES, { keepCase: true }) as unknown as ProtoPackage;
  const { Reserve } = definition["fleet.v1.LocalGate"];
  return Reserve.requestType.fileDescriptorProtos;
}

function load(): LocalGateService {
  const { fleet } = loadPackageDefinition(readProtos(FILES)) as unknown as ProtoGrpcType;
  return fleet.v1.LocalGate;
}

/**
 * Channel options: what both ends of every connection set, and why. The defaults of grpc-js notice a silent
 * peer never, retry by buffering whole streams, share stuck connections between clients and follow proxy
 * variables of the environment.
 */
import type { ChannelOptions } from "@grpc/grpc-js";
import { MESSAGE_LIMITS } from "../model/messages.ts";
import type { Timing } from "../model/timing.ts";

/** Answers to operators hold whole lists; an agent still refuses anything above its own limit. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;

/** Streams that one connection may hold open; further calls wait at the caller. */
const MAX_STREAMS = 8;

export function serverOptions(timing: Timing): ChannelOptions {
  return {
    ...keepalive(timing),
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": MESSAGE_LIMITS.bytes,
    "grpc.max_send_message_length": MAX_REPLY_BYTES,
    "grpc.max_concurrent_streams": MAX_STREAMS,
  };
}

/** For an agent's streams. */
export function agentChannelOptions(timing: Timing): ChannelOptions {
  return { ...clientOptions(timing), "grpc.max_receive_message_length": MESSAGE_LIMITS.bytes };
}

/** For an operator's calls. */
export function operatorChannelOptions(timing: Timing): ChannelOptions {
  return { ...clientOptions(timing), "grpc.max_receive_message_length": MAX_REPLY_BYTES };
}

function clientOptions(timing: Timing): ChannelOptions {
  return {
    ...keepalive(timing),
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_send_message_length": MESSAGE_LIMITS.bytes,
    "grpc.initial_reconnect_backoff_ms": timing.reconnectMinMs,
    "grpc.max_reconnect_backoff_ms": timing.reconnectMaxMs,
  };
}

function keepalive(timing: Timing): ChannelOptions {
  return {
    "grpc.keepalive_time_ms": timing.keepaliveMs,
    "grpc.keepalive_timeout_ms": timing.keepaliveTimeoutMs,
    "grpc.keepalive_permit_without_calls": 1,
  };
}

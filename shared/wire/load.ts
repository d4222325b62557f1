/**
 * Load: the gRPC services as the `.proto` files describe them, read once per process.
 *
 * The same `proto/loader-options.json` drives the type generator: with other flags here than there, messages
 * would carry keys that the types do not know, and nothing would complain.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType as AgentPackage } from "../../proto/gen/agent.ts";
import type { ProtoGrpcType as OperatorPackage } from "../../proto/gen/operator.ts";
import { packageRoot } from "../package-root.ts";

/** Client constructors, each with its `service` definition for a server. */
export interface WireServices {
  readonly AgentGateway: AgentPackage["fleet"]["v1"]["AgentGateway"];
  readonly Operator: OperatorPackage["fleet"]["v1"]["Operator"];
}

let loaded: WireServices | null = null;

/** The services of fleet.v1; the first call reads and parses the files (some 50 ms). */
export function wireServices(): WireServices {
  loaded ??= load();
  return loaded;
}

function load(): WireServices {
  // The library's own lines on stderr have no fields; what matters reaches us as errors.
  setLogVerbosity(logVerbosity.NONE);
  const protoDir = join(packageRoot(), "proto");
  const flags = JSON.parse(readFileSync(join(protoDir, "loader-options.json"), "utf8"));
  const definition = loadSync(["fleet/v1/agent.proto", "fleet/v1/operator.proto"], {
    ...flags,
    longs: String,
    enums: String,
    includeDirs: [protoDir],
  });
  const { fleet } = loadPackageDefinition(definition) as unknown as AgentPackage & OperatorPackage;
  return { AgentGateway: fleet.v1.AgentGateway, Operator: fleet.v1.Operator };
}

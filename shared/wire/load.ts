/** Load: the hub's gRPC services as the `.proto` files describe them, read once per process. */
import { loadPackageDefinition } from "@grpc/grpc-js";
import type { ProtoGrpcType as AgentPackage } from "../../proto/gen/agent.ts";
import type { ProtoGrpcType as HealthPackage } from "../../proto/gen/health.ts";
import type { ProtoGrpcType as OperatorPackage } from "../../proto/gen/operator.ts";
import { readProtos } from "./protos.ts";

/** Client constructors, each with its `service` definition for a server. */
export interface WireServices {
  readonly AgentGateway: AgentPackage["fleet"]["v1"]["AgentGateway"];
  readonly Operator: OperatorPackage["fleet"]["v1"]["Operator"];
  readonly Health: HealthPackage["grpc"]["health"]["v1"]["Health"];
}

let loaded: WireServices | null = null;

/** The first call reads and parses the files (some 50 ms). */
export function wireServices(): WireServices {
  loaded ??= load();
  return loaded;
}

type Packages = AgentPackage & OperatorPackage & HealthPackage;

function load(): WireServices {
  const files = ["fleet/v1/agent.proto", "fleet/v1/operator.proto", "grpc/health/v1/health.proto"];
  const { fleet, grpc } = loadPackageDefinition(readProtos(files)) as unknown as Packages;
  const { AgentGateway, Operator } = fleet.v1;
  return { AgentGateway, Operator, Health: grpc.health.v1.Health };
}

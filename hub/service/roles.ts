/**
 * Roles: who may call what. One total table; a service with a method that has no row here does not start,
 * so nothing is ever open because somebody forgot it.
 */
import type { ServiceDefinition } from "@grpc/grpc-js";
import { FleetError } from "../../shared/errors.ts";
import type { Principal, Role } from "./ports.ts";

const READERS: readonly Role[] = ["operator", "viewer"];
const OPERATOR: readonly Role[] = ["operator"];
const AGENT: readonly Role[] = ["agent"];

export const METHOD_ROLES = {
  "/fleet.v1.AgentGateway/Control": AGENT,
  "/fleet.v1.AgentGateway/Telemetry": AGENT,
  "/fleet.v1.AgentGateway/Bulk": AGENT,
  "/fleet.v1.Operator/Submit": OPERATOR,
  "/fleet.v1.Operator/SubmitBatch": OPERATOR,
  "/fleet.v1.Operator/ListJobs": READERS,
  "/fleet.v1.Operator/GetJob": READERS,
  "/fleet.v1.Operator/CancelJob": OPERATOR,
  "/fleet.v1.Operator/Requeue": OPERATOR,
  "/fleet.v1.Operator/Cordon": OPERATOR,
  "/fleet.v1.Operator/Uncordon": OPERATOR,
  "/fleet.v1.Operator/SetOverride": OPERATOR,
  "/fleet.v1.Operator/ListOverrides": READERS,
  "/fleet.v1.Operator/ClearOverride": OPERATOR,
  "/fleet.v1.Operator/GetStatus": READERS,
  "/fleet.v1.Operator/ListNodes": READERS,
  "/fleet.v1.Operator/SetDesired": OPERATOR,
  "/fleet.v1.Operator/Converge": OPERATOR,
  "/fleet.v1.Operator/GetCampaign": READERS,
  "/fleet.v1.Operator/Refill": OPERATOR,
  "/fleet.v1.Operator/Why": READERS,
  "/fleet.v1.Operator/QueryNode": READERS,
  "/fleet.v1.Operator/SetBudget": OPERATOR,
  "/fleet.v1.Operator/TestNotify": OPERATOR,
  "/fleet.v1.Operator/ListNotices": READERS,
  "/fleet.v1.Operator/Watch": READERS,
  "/fleet.v1.Operator/Events": READERS,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type MethodPath = keyof typeof METHOD_ROLES;

/** Throws "permissionDenied" unless the role of the principal may call the method. */
export function checkRole(principal: Principal, method: MethodPath): void {
  if (METHOD_ROLES[method].includes(principal.role)) return;
  const allowed = METHOD_ROLES[method].join(" or ");
  throw new FleetError("permissionDenied", `${principal.role} may not call ${method}: it takes ${allowed}`);
}

/** Throws "config" naming each method without a row and each row without a method. */
export function checkRoleTable(services: readonly ServiceDefinition[]): void {
  const served = new Set(services.flatMap((service) => Object.values(service).map(({ path }) => path)));
  const listed = new Set<string>(Object.keys(METHOD_ROLES));
  const missing = [...served].filter((path) => !listed.has(path));
  const stray = [...listed].filter((path) => !served.has(path));
  if (missing.length === 0 && stray.length === 0) return;
  throw new FleetError(
    "config",
    `the role table does not match the services: no row for ${missing.join(", ") || "none"}; ` +
      `no method for ${stray.join(", ") || "none"}`,
  );
}

import { describe, expect, it } from "vitest";
import { wireServices } from "../../shared/wire/load.ts";
import type { Principal } from "./ports.ts";
import { checkRole, checkRoleTable, METHOD_ROLES, type MethodPath } from "./roles.ts";

const { AgentGateway, Operator } = wireServices();

describe("the role table", () => {
  it("has one row for every method that is served and no other", () => {
    expect(() => checkRoleTable([AgentGateway.service, Operator.service])).not.toThrow();
  });

  it("keeps a server with a method that nobody gave a role from starting", () => {
    const Forgotten = { ...Operator.service.Submit, path: "/fleet.v1.Operator/Forgotten" };
    expect(() => checkRoleTable([AgentGateway.service, { ...Operator.service, Forgotten }])).toThrowError(
      /no row for \/fleet\.v1\.Operator\/Forgotten/,
    );
  });

  it("keeps a server from starting when a row names no method", () => {
    expect(() => checkRoleTable([Operator.service])).toThrowError(/no method for .*AgentGateway\/Control/);
  });

  const principal = (role: Principal["role"]): Principal => ({ role, id: role, via: "test" });
  const mayCall = (role: Principal["role"]) =>
    (Object.keys(METHOD_ROLES) as MethodPath[]).filter((method) => {
      try {
        checkRole(principal(role), method);
        return true;
      } catch {
        return false;
      }
    });

  it("lets an agent into the gateway alone", () => {
    expect(mayCall("agent")).toEqual(
      Object.keys(METHOD_ROLES).filter((path) => path.includes("AgentGateway")),
    );
  });

  it("lets an operator call the whole operator service and nothing of the gateway", () => {
    expect(mayCall("operator")).toEqual(
      Object.keys(METHOD_ROLES).filter((path) => path.includes("Operator")),
    );
  });

  it("lets a viewer read", () => {
    const names = mayCall("viewer").map((path) => path.split("/").at(-1));
    expect(names).toEqual([
      "ListJobs",
      "GetJob",
      "ListOverrides",
      "GetStatus",
      "ListNodes",
      "GetCampaign",
      "Why",
      "QueryNode",
      "ListNotices",
      "Watch",
      "Events",
    ]);
  });
});

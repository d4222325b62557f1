import { type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROLES } from "../../hub/service/ports.ts";
import { METHOD_ROLES, type MethodPath } from "../../hub/service/roles.ts";
import { createRig, type Rig } from "../helpers/control-rig.ts";

const PRINCIPALS = { agent: "agent/alpha", operator: "operator", viewer: "viewer" } as const;

let rig: Rig;
beforeAll(async () => {
  rig = createRig();
  await rig.startHub();
});
afterAll(() => rig.stop());

/** The status of a call with an empty request, or of a stream that is ended at once. */
function call(path: MethodPath, principal: string): Promise<number> {
  const client = path.includes("Operator/") ? rig.operatorClient() : rig.client();
  const same = (value: Buffer): Buffer => value;
  return new Promise((resolve) => {
    const stream = client.makeBidiStreamRequest(path, same, same, rig.metadata(principal));
    stream.on("error", (error: ServiceError) => resolve(error.code));
    stream.on("end", () => resolve(status.OK));
    stream.on("data", () => {});
    stream.write(Buffer.alloc(0));
    stream.end();
  });
}

const cells = (Object.keys(METHOD_ROLES) as MethodPath[]).flatMap((path) =>
  ROLES.map((role) => ({ path, role, isAllowed: METHOD_ROLES[path].includes(role) })),
);

describe("every method × role, on a real server", () => {
  it.each(cells)("$path by $role: allowed $isAllowed", async ({ path, role, isAllowed }) => {
    const code = await call(path, PRINCIPALS[role]);
    if (isAllowed) expect([status.PERMISSION_DENIED, status.UNAUTHENTICATED]).not.toContain(code);
    else expect(code).toBe(status.PERMISSION_DENIED);
  });

  it.each(Object.keys(METHOD_ROLES) as MethodPath[])("%s by nobody: refused", async (path) => {
    const client = rig.client();
    const same = (value: Buffer): Buffer => value;
    const code = await new Promise((resolve) => {
      const stream = client.makeBidiStreamRequest(path, same, same);
      stream.on("error", (error: ServiceError) => resolve(error.code));
      stream.on("data", () => {});
      stream.end(Buffer.alloc(0));
    });
    expect(code).toBe(status.UNAUTHENTICATED);
  });
});

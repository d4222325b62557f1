import { describe, expect, it } from "vitest";
import { helloOf, sessionOf, upWorld } from "../../../test/helpers/hub-world.ts";
import { detach } from "../nodes/session.ts";
import { checkGuardrails } from "./guardrails.ts";

describe("the guardrail of start limits", () => {
  const unlimited = { capabilities: { ...helloOf("beta").capabilities, startLimitBurst: 0 } };
  const railOf = ({ core }: ReturnType<typeof upWorld>) =>
    checkGuardrails(core, 0).find(({ name }) => name === "start-limits");

  it("is red and names the node while one without a limit is attached", () => {
    const world = upWorld();
    expect(railOf(world)).toMatchObject({ isGreen: true, detail: "set on 1 node(s)" });
    world.attach("beta", unlimited);
    expect(railOf(world)).toMatchObject({ isGreen: false, detail: "no start limit on beta" });
  });

  it("is green again when that node has gone, or has come back with a limit", () => {
    const world = upWorld();
    world.attach("beta", unlimited);
    world.do((tx) => detach(tx, "beta", sessionOf("beta"), "gone"));
    expect(railOf(world)?.isGreen).toBe(true);
    world.attach("beta", unlimited);
    world.attach("beta");
    expect(railOf(world)?.isGreen).toBe(true);
  });
});

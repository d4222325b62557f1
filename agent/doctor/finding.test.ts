import { describe, expect, it } from "vitest";
import { exitStatusOf, type Finding, fail, groupOf, note, ok, warn, worstOf } from "./finding.ts";

const WELL = ok("box.node", "fine");
const NOTE = note("box.clock", "unknown");
const WARNING = warn("disk.space", "little", { cure: "make room" });
const FAILURE = fail("gpu.driver", "none", { cure: "install it" });

describe("exitStatusOf", () => {
  it.each<readonly [string, readonly Finding[], number]>([
    ["nothing was found", [], 0],
    ["all is well", [WELL], 0],
    ["there are notes", [WELL, NOTE], 0],
    ["something warns", [WARNING, NOTE, WELL], 1],
    ["something fails", [WELL, FAILURE, WARNING], 3],
  ])("when %s", (_, findings, status) => expect(exitStatusOf(findings)).toBe(status));
});

describe("worstOf", () => {
  it("is the worst wherever it stands", () => expect(worstOf([FAILURE, WELL, NOTE])).toBe("fail"));
});

describe("groupOf", () => {
  it("is the first word of the id", () => expect(groupOf(WARNING)).toBe("disk"));
});

import { describe, expect, it } from "vitest";
import type { Priority } from "../../shared/model/priority.ts";
import { ACTIVITIES } from "../../shared/wire/local-types.ts";
import { createStandings, MAX_OWNERS, standingPriority } from "./activity.ts";

describe("standingPriority", () => {
  it.each([
    ["interactive", "mid-turn", "interactive"],
    ["interactive", "idle", "background"],
    ["background", "call", "interactive"],
    ["background", "ringing", "interactive"],
    ["background", "typing", "interactive"],
    ["background", "idle", "background"],
  ] as const)("puts %s during %s at %s", (asked, kind, standing) => {
    expect(standingPriority(asked, { kind, untilMs: 1 })).toBe(standing);
  });

  it.each(["realtime", "batch"] as const)("never moves %s", (asked) => {
    for (const kind of ACTIVITIES) expect(standingPriority(asked, { kind, untilMs: 1 })).toBe(asked);
  });
});

/** Consumers and their priorities, as a ledger would hold them. */
function scene() {
  const priorities = new Map<string, Priority>();
  let now = 0;
  const standings = createStandings({
    nowMs: () => now,
    priorityOf: (id) => priorities.get(id) ?? null,
    move: (id, priority) => priorities.set(id, priority),
  });
  const book = (id: string, owner: string | null, asked: Priority): void => {
    priorities.set(id, asked);
    standings.stand(id, owner, asked);
  };
  const wait = (ms: number): void => {
    now += ms;
    standings.tick();
  };
  return { priorities, standings, book, wait };
}

describe("standings", () => {
  it("move the consumers of one owner and nobody else's", () => {
    const { priorities, standings, book } = scene();
    book("a", "ada", "interactive");
    book("b", "bob", "interactive");
    book("c", null, "interactive");
    expect(standings.setActivity({ owner: "ada", kind: "idle", expiresMs: 10 })).toBe(1);
    expect(Object.fromEntries(priorities)).toEqual({ a: "background", b: "interactive", c: "interactive" });
  });

  it("hold for a consumer that comes later, until the activity expires", () => {
    const { priorities, standings, book, wait } = scene();
    standings.setActivity({ owner: "ada", kind: "mid-turn", expiresMs: 10 });
    book("a", "ada", "background");
    expect(priorities.get("a")).toBe("interactive");
    wait(9);
    expect(priorities.get("a")).toBe("interactive");
    wait(1);
    expect(priorities.get("a")).toBe("background");
  });

  it("refuse owners beyond their bound, and take them again when others have expired", () => {
    const { standings, wait } = scene();
    const idle = (owner: string): number | null =>
      standings.setActivity({ owner, kind: "idle", expiresMs: 10 });
    for (let index = 0; index < MAX_OWNERS; index++) expect(idle(`o${index}`)).toBe(0);
    expect(idle("one-more")).toBeNull();
    expect(idle("o0")).toBe(0);
    wait(10);
    expect(idle("one-more")).toBe(0);
  });
});

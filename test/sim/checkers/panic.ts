/**
 * Panic: while more than half of the fleet fell silent together and is still away, nothing of theirs is given to
 * anybody else. Who was heard last and when is counted here a second time; what a stall of the hub makes uncertain is
 * left out. To a hub that starts those are silent together who were attached durably when the last one ended.
 */
import type { Checker } from "../checker.ts";

/** Silent together by any reading of the window, renewals and ticks taken into account. */
const TOGETHER_MS = 10_000;

export const panic: Checker = {
  name: "panic",
  promise: "H7: work of a fleet that went silent at once stays where it is",
  watch: (world, violate) => {
    const heardMs = new Map<string, number>();
    const attached = new Set<string>();
    const now = (): number => world.hub.clock.bootMs();
    const isTogether = (node: string, silent: readonly string[]): boolean => {
      const atMs = heardMs.get(node) ?? 0;
      const near = silent.filter((other) => Math.abs((heardMs.get(other) ?? 0) - atMs) < TOGETHER_MS / 2);
      return near.length >= 2 && near.length * 2 > world.boxes.length;
    };
    return {
      "hub.durable": ({ event }) => {
        if (event.kind === "node.attached") attached.add(event.node);
        if (event.kind === "node.detached") attached.delete(event.node);
      },
      "hub.restored": () => attached.clear(),
      "hub.recovered": ({ run }) => {
        heardMs.clear();
        // With no lease nobody is waited for, and grants of later are another matter.
        if (run.engine.core.state.leases.size > 0) for (const node of attached) heardMs.set(node, now());
        attached.clear();
      },
      "hub.resumed": () => heardMs.clear(),
      "hub.heard": ({ node }) => void heardMs.set(node, now()),
      "hub.appended": ({ run, events }) => {
        for (const event of events) {
          if (event.kind === "node.attached") heardMs.set(event.node, now());
          if (event.kind !== "attempt.ended" || !event.detail.startsWith("no renewal")) continue;
          const { sessions } = run.engine.core.soft;
          const silent = [...heardMs.keys()].filter((node) => !sessions.has(node));
          if (silent.includes(event.node) && isTogether(event.node, silent))
            violate(
              `token ${event.token} of ${event.node} is given up while ${silent.join(", ")} are silent`,
            );
        }
      },
    };
  },
};

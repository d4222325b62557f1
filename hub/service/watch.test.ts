import { describe, expect, it } from "vitest";
import type { PressureFeed, Told } from "../pressure-feed.ts";
import { streamPressure } from "./watch.ts";

const update = (ratio: number, resource = "cpu"): Told => ({
  kind: "update",
  node: "alpha",
  resource,
  level: "normal",
  ratio,
  gpu: null,
});
const crossing = (level: string, node = "alpha"): Told => ({
  kind: "crossing",
  node,
  resource: "gpu",
  level,
  ratio: 0.85,
  gpu: "GPU-0",
});

/** A reader of the feed who takes a reply only when told to, each as one word. */
function reader(node = "", includeUpdates = true) {
  let tell = (_told: Told): void => {};
  const feed: PressureFeed = {
    frame: () => {},
    follow: (listener) => {
      tell = listener;
      return () => {};
    },
  };
  const gone = new AbortController();
  const read: string[] = [];
  let take = (): void => {};
  const ended = streamPressure(
    feed,
    { node, includeUpdates },
    {
      gone: gone.signal,
      send: ({ name, ratio, lost }) => {
        read.push(lost ? `lost: ${lost}` : `${name} ${ratio}`);
        return new Promise((resolve) => {
          take = resolve;
        });
      },
    },
    () => 0,
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    read,
    ended,
    say: async (...all: readonly Told[]) => {
      for (const told of all) tell(told);
      await settle();
    },
    drain: async () => {
      for (let before = -1; before !== read.length; ) {
        before = read.length;
        take();
        await settle();
      }
    },
    leave: () => gone.abort(),
  };
}

describe("a reader of pressures", () => {
  it("hears every crossing in order, and of the figures between them the latest", async () => {
    const { read, say, drain } = reader();
    await say(update(0.1));
    await say(crossing("high"), update(0.2), update(0.3), crossing("critical"), update(0.4, "memory"));
    await drain();
    expect(read).toEqual([
      "cpu:pressure:update 0.1",
      "gpu:pressure:high 0.85",
      "gpu:pressure:critical 0.85",
      "cpu:pressure:update 0.3",
      "memory:pressure:update 0.4",
    ]);
  });

  it("is not told a figure that has hardly moved, but all anew when the node comes back", async () => {
    const { read, say, drain } = reader();
    for (const told of [update(0.1), update(0.105), update(0.12)]) {
      await say(told);
      await drain();
    }
    await say({ kind: "lost", node: "alpha", reason: "silent" }, update(0.12));
    await drain();
    expect(read).toEqual([
      "cpu:pressure:update 0.1",
      "cpu:pressure:update 0.12",
      "lost: silent",
      "cpu:pressure:update 0.12",
    ]);
  });

  it("hears of the node and of the crossings alone when it asks for no more", async () => {
    const { read, say, drain } = reader("alpha", false);
    await say(crossing("high", "beta"), update(0.5), crossing("warning"));
    await drain();
    expect(read).toEqual(["gpu:pressure:warning 0.85"]);
  });

  it("is sent away when it stops reading, and let go when it leaves", async () => {
    const stuck = reader();
    const ended = expect(stuck.ended).rejects.toMatchObject({ code: "resourceExhausted" });
    await stuck.say(...Array.from({ length: 1_030 }, () => crossing("high")));
    await stuck.drain();
    await ended;
    const leaving = reader();
    leaving.leave();
    await leaving.ended;
  });
});

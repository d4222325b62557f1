/** Nemesis: everything that goes wrong around the programs, each fault in its own rhythm, until the world is healed. */
import { forgiveRunner } from "../../agent/core/start-limits.ts";
import type { SimBox } from "./box.ts";
import { FAULTS, type Fault } from "./options.ts";
import type { World } from "./world.ts";

type HubFault =
  | "hubCrash"
  | "hubRestore"
  | "hubStall"
  | "hubSuspend"
  | "diskFull"
  | "fsyncError"
  | "wallJump";

export class Nemesis {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    for (const fault of FAULTS) this.#again(fault);
  }

  /** Ends every fault that is under way. */
  heal(): void {
    const { hub, boxes } = this.#world;
    hub.disk.isFull = false;
    hub.stoppedUntilMs = Math.min(hub.stoppedUntilMs, this.#world.nowMs + 1_000);
    for (const box of boxes) {
      box.heal();
      for (const process of box.processes()) process.hurry();
      box.mood = "honest";
      box.memoryRatio = 0.2;
      if (box.latch?.by === "local") {
        box.latch = null;
        this.#world.tell({ kind: "box.unlatched", box });
      }
    }
    this.#forgiveRunners();
  }

  /** Runners that were given up stay so until somebody looks after them. */
  #forgiveRunners(): void {
    for (const box of this.#world.boxes) {
      const { agent } = box;
      if (agent === null) continue;
      const runners = [...agent.core.state.startLimits.keys()];
      for (const runner of runners) agent.act((tx) => forgiveRunner(tx, runner));
    }
    this.#world.after(60_000, "people.forgive", "ops", () => {
      this.#forgiveRunners();
      return true;
    });
  }

  #again(fault: Fault): void {
    const everyMs = this.#world.options.faultMs[fault];
    if (everyMs === 0) return;
    this.#world.after(this.#world.around(everyMs), `fault.${fault}`, "world", () => {
      if (this.#world.isHealed) return false;
      this.#again(fault);
      return this.#strike(fault);
    });
  }

  #strike(fault: Fault): boolean {
    switch (fault) {
      case "hubCrash":
      case "hubRestore":
      case "hubStall":
      case "hubSuspend":
      case "diskFull":
      case "fsyncError":
      case "wallJump":
        return this.#strikeHub(fault);
      default:
        return this.#strikeBox(fault, this.#anyBox());
    }
  }

  #strikeHub(fault: HubFault): boolean {
    const world = this.#world;
    const { hub, rng } = world;
    switch (fault) {
      case "hubCrash":
        hub.die("kill -9", world.may(0.2));
        return true;
      case "hubRestore":
        hub.copyOrRestore();
        return true;
      case "hubStall":
      case "hubSuspend":
        hub.stall(world.between(500, 90_000));
        return true;
      case "diskFull":
        hub.run?.guard(() => hub.run?.control.setFull(true));
        world.after(world.between(1_000, 60_000), "disk.freed", "hub", () => {
          hub.disk.isFull = false;
          return true;
        });
        return hub.run !== null;
      case "fsyncError":
        hub.disk.isBroken = true;
        // The next hub finds a disk that works again.
        world.after(20_000, "disk.mended", "hub", () => {
          hub.disk.isBroken = false;
          return true;
        });
        return true;
      case "wallJump":
        hub.clock.jumpWall((rng.next() - 0.5) * 86_400_000);
        return true;
    }
  }

  #strikeBox(fault: Fault, box: SimBox): boolean {
    const world = this.#world;
    switch (fault) {
      case "agentCrash":
        box.agentDies("kill -9");
        return true;
      case "agentGone":
        return this.#gone(box);
      case "agentStall":
        box.agent?.stall(world.between(500, 120_000));
        return box.agent !== null;
      case "boxSuspend":
        box.freeze(world.between(1_000, 120_000));
        return true;
      case "boxReboot":
        box.reboot();
        return true;
      case "partition":
        return this.#partition(box);
      case "limbo":
        return this.#limbo(box);
      case "streamBreak":
        for (const stream of [...box.streams]) stream.breaks();
        return box.streams.size > 0;
      case "gpuHang":
      case "gpuLie":
        box.mood = fault === "gpuHang" ? "silent" : world.may(0.5) ? "blind" : "lying";
        this.#later(world.between(2_000, 60_000), "gpu.honest", box, () => {
          box.mood = "honest";
        });
        return true;
      case "memoryStorm":
        box.memoryRatio = world.between(0.7, 0.99);
        this.#later(world.between(2_000, 40_000), "memory.calm", box, () => {
          box.memoryRatio = 0.2;
        });
        return true;
      default:
        return false;
    }
  }

  /** One box, or the hub from all of them. */
  #partition(first: SimBox): boolean {
    const boxes = this.#world.may(0.3) ? this.#world.boxes : [first];
    const [least, most] = this.#world.options.cutMs;
    const forMs = least * (most / least) ** this.#world.rng.next();
    for (const box of boxes) {
      box.cut();
      this.#later(forMs, "net.healed", box, () => box.heal());
    }
    return true;
  }

  /**
   * An agent that stands still with the hub's word in its buffers finds itself alone when it goes on. The word that
   * matters is rare, so it is waited for.
   */
  #limbo(box: SimBox): boolean {
    const world = this.#world;
    const on = world.may(0.5) ? "renew" : "grants";
    box.ambush = {
      on,
      spring: () => {
        if (world.isHealed) return;
        // A renewal that is heard after the old deadline finds nothing left to extend.
        const stallMs = world.between(4_000, on === "renew" ? 20_000 : 28_000);
        box.agent?.stall(stallMs);
        this.#later(world.between(500, Math.min(6_000, stallMs)), "net.cut", box, () => {
          if (!world.isHealed) box.cut();
        });
        this.#later(world.between(60_000, 100_000), "net.healed", box, () => box.heal());
      },
    };
    return box.agent !== null;
  }

  /** An agent dies just after the hub renewed what it holds, and nobody starts another for a long while. */
  #gone(box: SimBox): boolean {
    const world = this.#world;
    box.ambush = {
      on: "renewed",
      spring: () => {
        if (!world.isHealed) box.agentDies("kill -9", { awayMs: world.between(60_000, 150_000) });
      },
    };
    return box.agent !== null;
  }

  #later(delayMs: number, what: string, box: SimBox, run: () => void): void {
    this.#world.after(delayMs, what, box.name, () => {
      run();
      return true;
    });
  }

  #anyBox(): SimBox {
    const { boxes, rng } = this.#world;
    return boxes[rng.below(boxes.length)] as SimBox;
  }
}

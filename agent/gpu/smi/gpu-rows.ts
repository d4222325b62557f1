/** GPU rows: the child that prints the cards, waited for until its rows are those of now. */
import type { Clock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import { delay } from "../../../shared/loop.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import { clip, createGuardedChild } from "../probe/guarded-child.ts";
import { createHappening, restartPolicy, within } from "../probe/waiting.ts";
import type { GpuCard } from "../sensor.ts";
import { createCardTable } from "./card-table.ts";
import { loopingSmi } from "./command.ts";
import { FULL_QUERY, isAbsence, parseGpuRow, queryFields, refusedField, stepDown } from "./fields.ts";

export interface SmiChildOptions {
  /** Path of nvidia-smi. */
  readonly program: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly timing: Timing;
}

export interface SmiGpuRows {
  /** @throws FleetError `unavailable` when no row comes in time, `notFound` when there is no GPU */
  read(): Promise<readonly GpuCard[]>;
  close(): Promise<void>;
}

const MAX_ROW_BYTES = 4_096;

export function createSmiGpuRows({ program, everyMs, clock, timing }: SmiChildOptions): SmiGpuRows {
  const table = createCardTable(everyMs);
  const words = createHappening<"row" | "again">();
  let query = FULL_QUERY;
  let hasSteppedDown = false;
  let complaint = "";

  const complain = (line: string): void => {
    const refused = refusedField(line);
    const simpler = refused === null ? null : stepDown(query, refused);
    hasSteppedDown ||= simpler !== null;
    if (simpler === null) complaint = clip(line) || complaint;
    else query = simpler;
  };
  const child = createGuardedChild({
    name: "nvidia-smi",
    command: () => {
      complaint = "";
      return loopingSmi(program, `--query-gpu=${queryFields(query)}`, everyMs);
    },
    clock,
    restart: restartPolicy(timing),
    maxLineBytes: MAX_ROW_BYTES,
    onLine: (line) => {
      const row = parseGpuRow(query, line);
      if (row === null) return complain(line);
      table.add(row, clock.bootMs());
      words.happen("row");
    },
    onComplaint: complain,
    onEnd: (reason) => {
      if (!hasSteppedDown) return words.fail(failure(reason, complaint));
      hasSteppedDown = false;
      child.forgive();
      words.happen("again");
    },
  });
  /** Until a row comes; the query steps down on the way where the driver is older than it. */
  const nextRow = async (): Promise<void> => {
    const untilMs = clock.bootMs() + timing.probeDeadlineMs;
    let word: "row" | "again" | null = "again";
    while (word === "again") {
      child.ensure();
      word = await within(Math.max(0, untilMs - clock.bootMs()), words.next());
    }
    if (word === "row") return;
    const reason = `nvidia-smi printed nothing within ${timing.probeDeadlineMs} ms`;
    child.condemn(reason);
    throw failure(reason, complaint);
  };
  return {
    read: async () => {
      child.ensure();
      if (!table.isFresh(clock.bootMs())) {
        await nextRow();
        // The pipe may have held rows of before, and the other cards of this round are still to come.
        await delay(everyMs);
      }
      const cards = table.cards(complaint || null);
      if (cards.some(({ fault }) => fault === null)) return cards;
      throw failure("nvidia-smi reads no card", cards[0]?.fault ?? complaint);
    },
    close: async () => {
      words.fail(new FleetError("unavailable", "the nvidia-smi sensor is closed"));
      await child.stop();
    },
  };
}

function failure(reason: string, complaint: string): FleetError {
  const message = complaint === "" ? reason : `${reason}: ${complaint}`;
  return new FleetError(isAbsence(complaint) ? "notFound" : "unavailable", message);
}

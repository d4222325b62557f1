/**
 * Outbox: why an attempt was ended and how, kept until the hub has answered; and what a service has spent. One small file a token, written
 * whole or not at all and synced before the hub hears of it. A table would need a database process's worth of
 * machinery for a few files that live for seconds; and the attempt's own directory is no place for them,
 * because the job can write there.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, writeFileDurable } from "../../shared/durable-file.ts";
import { isJsonObject } from "../../shared/json.ts";
import type { Completion } from "../../shared/model/messages.ts";
import { createSerial } from "../../shared/serial.ts";
import type { HeldJob, ServiceRun, StopCause } from "../core/state.ts";

export interface OutboxItem {
  readonly job: HeldJob;
  readonly cause: StopCause | null;
  readonly completion: Completion | null;
  readonly service: ServiceRun | null;
}

export interface Outbox {
  /** Resolves when the item survives a power cut. */
  put(item: OutboxItem): Promise<void>;
  remove(token: number): Promise<void>;
  /** What an earlier agent left, by token. A file that is not whole was never relied on and is ignored. */
  list(): Promise<ReadonlyMap<number, OutboxItem>>;
}

export async function openOutbox(directory: string): Promise<Outbox> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const inOrder = createSerial();
  const pathOf = (token: number): string => join(directory, `${token}.json`);
  return {
    put: (item) => inOrder(() => writeFileDurable(pathOf(item.job.token), JSON.stringify(item))),
    remove: (token) =>
      inOrder(async () => {
        await rm(pathOf(token), { force: true });
        await syncDirectory(directory);
      }),
    list: async () => {
      const names = (await readdir(directory)).filter((name) => /^\d{1,15}\.json$/.test(name));
      const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
      const items = texts.map(parseItem).filter((item) => item !== null);
      return new Map(items.map((item) => [item.job.token, item]));
    },
  };
}

/** Only this program writes here, in one rename; so a file that parses is one that it wrote. */
function parseItem(text: string): OutboxItem | null {
  try {
    const item: unknown = JSON.parse(text);
    if (!isJsonObject(item) || !isJsonObject(item["job"])) return null;
    const { job, service, ...rest } = item as unknown as OutboxItem;
    // An agent of before knew no services.
    return { ...rest, service: service ?? null, job: { ...job, service: job.service ?? null } };
  } catch {
    return null;
  }
}

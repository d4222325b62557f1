/** Source: where a replay has its history from: the journal of a root, a copy of one, or its spiral.jsonl. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { FleetError } from "../../shared/errors.ts";
import { copyJournal } from "../../shared/journal/read-copy.ts";
import type { HubEvent } from "../core/event.ts";
import { type ReplayOptions, type ReplayReport, replay } from "../core/replay/replay.ts";
import { decodeHubState } from "../core/snapshot.ts";
import { createHubState } from "../core/state.ts";
import { SCHEMA_VERSION } from "../store/definition.ts";
import { eventOf, showEvent } from "../store/history.ts";

/** Replays a file; `*.jsonl` is a spiral.jsonl, anything else a journal. Changes neither. */
export async function replayFile(path: string, policy: ReplayOptions["policy"]): Promise<ReplayReport> {
  if (path.endsWith(".jsonl")) return replayLines(path, policy);
  const copy = await copyJournal<HubEvent>(path, SCHEMA_VERSION);
  try {
    const state = copy.snapshot === null ? createHubState() : decodeHubState(copy.snapshot.text);
    return replay(state, copy.records(), { policy, hasJournalTime: true });
  } finally {
    await copy.close();
  }
}

async function replayLines(path: string, policy: ReplayOptions["policy"]): Promise<ReplayReport> {
  const records: { readonly seq: number; readonly event: HubEvent }[] = [];
  let previous = 0;
  const input = createReadStream(path);
  const opened = new Promise<void>((resolve, reject) => {
    input.once("open", () => resolve()).once("error", reject);
  });
  await opened.catch((error: unknown) => {
    throw new FleetError("notFound", `${path} cannot be read`, error);
  });
  for await (const line of createInterface({ input })) {
    const shown = parseLine(path, line, previous + 1);
    if (shown.seq !== previous + 1)
      throw new FleetError(
        "invalid",
        `${path}: seq ${previous + 1} is missing: a replay needs the whole history, use the journal`,
      );
    previous = shown.seq;
    const event = eventOf(shown);
    records.push({ seq: shown.seq, event: { ...event, at: { ...event.at, journalMs: shown.wallMs } } });
  }
  return replay(createHubState(), records, { policy, hasJournalTime: false });
}

function parseLine(path: string, line: string, seq: number): ReturnType<typeof showEvent> {
  try {
    return showEvent(JSON.parse(line));
  } catch (error) {
    throw new FleetError("invalid", `${path}: the line of seq ${seq} is torn`, error);
  }
}

/** `spiral override set|list|clear`: what operators order beside the rules, for a time and with a reason. */
import { Argument, type Command } from "commander";
import { parseIsoMs } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import { boundWords } from "../../../shared/model/bound-words.ts";
import { safeText } from "../../../shared/safe-text.ts";
import { formatDuration } from "../format.ts";
import { parseBytes, parsePositiveDuration } from "../quantity.ts";
import { formatTable } from "../table.ts";
import { verb } from "../verb.ts";
import { readOverride } from "../views.ts";

interface SetFlags {
  readonly for: number;
  readonly reason: string;
  readonly until?: string;
  readonly to?: string;
}

const EFFECTS = ["hold", "allow", "defer", "priority", "pin", "budget"];
const COLUMNS = ["ID", "EFFECT", "SUBJECT", "UNTIL", "LEFT", "BY", "REASON"].map((head) => ({ head }));

export function addOverride(program: Command): void {
  const group = program
    .command("override")
    .description("hold, allow or defer work beside the rules, or order it elsewhere");
  addSet(group);
  addList(group);
  addClear(group);
}

function addSet(group: Command): void {
  group
    .command("set")
    .description("order it, for a time and with a reason")
    .addArgument(
      new Argument(
        "<effect>",
        "hold back, allow past windows and deferrals, defer; or order a priority, pin or budget",
      ).choices(EFFECTS),
    )
    .argument("<about...>", "fleet, or node, campaign, owner, priority or job and its name")
    .requiredOption("--for <time>", "it ends by itself after this, such as 2h", parsePositiveDuration)
    .requiredOption("--reason <text>", "why, for the journal")
    .option("--until <condition>", "of a deferral: gpu_pressure_below_0.5 (cpu_, memory_) or a moment")
    .option("--to <value>", "of a priority its word, of a pin its node, of a budget 4slots or 32GiB")
    .action(
      verb<SetFlags, [string, readonly string[]]>(async ({ settings, out, hub }, flags, effect, about) => {
        const [subject = "", name = "", ...rest] = about;
        if (rest.length > 0 || (name === "") !== (subject === "fleet"))
          throw new FleetError("invalid", "say what it is about: `fleet`, or such as `node alpha`");
        const { reason, for: forMs, until = "", to = "" } = flags;
        const wallMs = parseIsoMs(until);
        const condition = wallMs === null ? until : `at:${wallMs}`;
        const value = effect === "budget" ? readBudget(to) : to;
        const request = { effect, subject, name, until: condition, value, forMs, reason };
        const reply = await hub().call("SetOverride", request);
        const set = readOverride(reply);
        for (const note of reply.notes) out.note(safeText(note));
        out.show(set, (safe) => [
          `${safe.id} is in force for ${formatDuration(safe.forMs)}`,
          out.colours.dim(`undo: spiral override clear ${safe.id}${settings.again}`),
        ]);
        return 0;
      }),
    );
}

/** `4slots` or a size, in the words of the hub. */
function readBudget(text: string): string {
  const slots = /^(\d+) ?slots?$/.exec(text)?.[1];
  if (slots !== undefined) return `slots:${slots}`;
  try {
    return `vram:${parseBytes(text)}`;
  } catch {
    throw new FleetError(
      "invalid",
      `--to: must be a number of slots or a size, such as 4slots or 32GiB, got "${text}"`,
    );
  }
}

function addList(group: Command): void {
  group
    .command("list")
    .description("those in force")
    .action(
      verb(async ({ out, hub }) => {
        const { overrides } = await hub().call("ListOverrides", {});
        out.show({ overrides: overrides.map(readOverride) }, (safe) => {
          if (safe.overrides.length === 0) return ["no override is in force"];
          const rows = safe.overrides.map(
            ({ id, effect, subject, name, until, value, forMs, by, reason }) => {
              const about = `${subject} ${name}`.trim();
              return [
                id,
                `${effect} ${boundWords(value)}`.trim(),
                about,
                until || "-",
                formatDuration(forMs),
                by,
                reason,
              ];
            },
          );
          return formatTable(COLUMNS, rows, out.colours.dim);
        });
        return 0;
      }),
    );
}

function addClear(group: Command): void {
  group
    .command("clear")
    .description("end one before its time")
    .argument("<id>", "such as o_1")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<{ readonly reason?: string }, [string]>(async ({ out, hub }, { reason = "" }, id) => {
        const ended = readOverride(await hub().call("ClearOverride", { id, reason }));
        out.show(ended, (safe) => [`${safe.id} is no longer in force`]);
        return 0;
      }),
    );
}

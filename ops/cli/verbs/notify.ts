/** `spiral notify`: whether people can be told, and what they have not been told yet. */
import type { Command } from "commander";
import type { NotifyView } from "../../../shared/model/notify-view.ts";
import { formatTime } from "../format.ts";
import type { Colours } from "../output.ts";
import { formatTable } from "../table.ts";
import { verb } from "../verb.ts";
import { readNotify, readNotifyTest } from "../views.ts";

export function addNotify(program: Command): void {
  const notify = program
    .command("notify")
    .description("who is told what happens: test a channel, see what waits");
  notify
    .command("test")
    .description("send a notice now, to one channel of notify.json or to all of them")
    .argument("[channel]", "its name in notify.json")
    .action(
      verb<object, [string | undefined]>(async ({ out, hub }, _flags, channel = "") => {
        const { results } = readNotifyTest(await hub().call("TestNotify", { channel }));
        out.show({ results }, (safe) =>
          safe.results.length === 0
            ? ["notify.json names no channel: see docs/notify.md"]
            : formatTable(
                [{ head: "CHANNEL" }, { head: "" }, { head: "TIME", isFigure: true }],
                safe.results.map(({ channel: name, isTaken, error, elapsedMs }) => [
                  name,
                  isTaken ? "taken" : error,
                  `${elapsedMs} ms`,
                ]),
                out.colours.dim,
              ),
        );
        return results.length > 0 && results.every(({ isTaken }) => isTaken) ? 0 : 1;
      }),
    );
  notify
    .command("list")
    .description("channels, what waits for them, what failed last")
    .action(
      verb(async ({ out, hub }) => {
        const report = readNotify(await hub().call("ListNotices", {}));
        out.show(report, (safe) => drawReport(safe, out.colours));
        return 0;
      }),
    );
}

function drawReport(report: NotifyView, colours: Colours): readonly string[] {
  const { channels, queue, failures, delivered, dropped, counted, isQuiet } = report;
  if (channels.length === 0 && queue.length === 0)
    return ["notify.json names no channel: see docs/notify.md"];
  const table = formatTable(
    [
      { head: "CHANNEL" },
      { head: "KIND" },
      { head: "TO" },
      { head: "WAITING", isFigure: true },
      { head: "SENT" },
    ],
    channels.map(({ channel, kind, target, waiting, sentInWindow, limit, windowMs }) => [
      channel,
      kind,
      target,
      String(waiting),
      `${sentInWindow} of ${limit} in ${Math.round(windowMs / 60_000)} min`,
    ]),
    colours.dim,
  );
  const waits = queue.map(
    ({ channel, severity, title, wallMs, attempts, lastError }) =>
      `${formatTime(wallMs)}  ${severity.padEnd(8)} ${channel}: ${title}${attempts === 0 ? "" : ` (${attempts} tries; ${lastError ?? "under way"})`}`,
  );
  const failed = failures.map(({ wallMs, channel, error }) => `${formatTime(wallMs)}  ${channel}: ${error}`);
  return [
    ...table,
    "",
    `${delivered} delivered, ${dropped} dropped, ${counted} repeats counted${isQuiet ? "; quiet hours now" : ""}`,
    ...section("waiting", waits, colours),
    ...section("failed last", failed, colours),
  ];
}

function section(title: string, lines: readonly string[], { bold }: Colours): readonly string[] {
  return lines.length === 0 ? [] : ["", bold(title), ...lines];
}

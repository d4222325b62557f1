/** Report: the findings as people, programs and tickets read them. Whatever comes from the box is made safe. */
import { safeText } from "../../shared/safe-text.ts";
import { type Finding, GROUPS, type Group, groupOf, SEVERITIES, type Severity, worstOf } from "./finding.ts";
import { countText, timeText } from "./words.ts";

export interface Report {
  readonly host: string;
  /** `Linux 6.8.0 arm64`. */
  readonly system: string;
  readonly version: string;
  readonly root: string;
  readonly nodes: readonly string[];
  readonly wallMs: number;
  readonly findings: readonly Finding[];
}

const TITLES: Readonly<Record<Group, string>> = {
  gpu: "GPU",
  memory: "Memory",
  box: "Box",
  disk: "Disk",
  network: "Network",
  node: "Node",
  restarts: "Restarts",
};

const MARKS: Readonly<Record<Severity, string>> = { ok: "✓", note: "·", warn: "!", fail: "✗" };
/** SGR codes: green, dim, yellow, red. */
const COLOURS: Readonly<Record<Severity, string>> = { ok: "32", note: "2", warn: "33", fail: "31" };

/** Groups in their order, each with its findings, worst first; empty ones are left out. */
function grouped(findings: readonly Finding[]): readonly (readonly [Group, readonly Finding[]])[] {
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return GROUPS.map((group) => {
    const members = findings.filter((finding) => groupOf(finding) === group);
    return [group, members.toSorted((a, b) => rank(b) - rank(a))] as const;
  }).filter(([, members]) => members.length > 0);
}

/** `2 failures, 1 warning, 4 notes, 17 well`. */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (severity: Severity): number => findings.filter((each) => each.severity === severity).length;
  const words = [
    countText(count("fail"), "failure"),
    countText(count("warn"), "warning"),
    countText(count("note"), "note"),
  ];
  return `${words.join(", ")}, ${count("ok")} well`;
}

function headOf({ host, system, version, root, nodes }: Report): string {
  const node = nodes.length === 0 ? "no node" : `node ${nodes.join(", ")}`;
  return `${host} · ${system} · spiral ${version} · ${node} · root ${root}`;
}

/** Lines for a terminal. */
export function drawReport(report: Report, mayColour: boolean): readonly string[] {
  const paint = (code: string, text: string): string =>
    mayColour ? `\u001b[${code}m${text}\u001b[0m` : text;
  const draw = ({ severity, title, evidence, cure }: Finding): readonly string[] => [
    `  ${paint(COLOURS[severity], MARKS[severity])} ${safeText(title)}`,
    ...evidence.map((line) => `      ${paint("2", safeText(line))}`),
    ...(cure === null ? [] : [`    → ${safeText(cure)}`]),
  ];
  const body = grouped(report.findings).flatMap(([group, findings]) => [
    "",
    paint("1", TITLES[group]),
    ...findings.flatMap(draw),
  ]);
  const verdict = paint(COLOURS[worstOf(report.findings)], summaryOf(report.findings));
  return [safeText(headOf(report)), ...body, "", verdict];
}

/** One JSON object; stable names. */
export function reportJson(report: Report): string {
  return JSON.stringify({ ...report, worst: worstOf(report.findings) });
}

const WORDS: Readonly<Record<Severity, string>> = {
  ok: "well",
  note: "note",
  warn: "WARNING",
  fail: "FAILURE",
};

/** The whole report as Markdown, fit for a ticket. */
export function reportMarkdown(report: Report): string {
  const entry = ({ id, severity, title, evidence, cure }: Finding): readonly string[] => [
    `- **${WORDS[severity]}** ${plain(title)} (\`${id}\`)`,
    ...evidence.map((line) => `  - ${plain(line)}`),
    ...(cure === null ? [] : [`  - → ${plain(cure)}`]),
  ];
  const body = grouped(report.findings).flatMap(([group, findings]) => [
    "",
    `## ${TITLES[group]}`,
    "",
    ...findings.flatMap(entry),
  ]);
  const head = [
    "# spiral doctor",
    "",
    `${plain(headOf(report))} · ${timeText(report.wallMs)}`,
    "",
    summaryOf(report.findings),
  ];
  return `${[...head, ...body].join("\n")}\n`;
}

/** Text that neither Markdown nor a terminal takes for an instruction. */
function plain(text: string): string {
  return safeText(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_<>[\]|]/g, "\\$&");
}

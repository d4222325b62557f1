/**
 * Word rules: words that are allowed in one place only. Time, timers, chance, the environment and output
 * each have a home behind which tests and the simulator put their own.
 */
import type { Offence } from "./offence.ts";
import type { SourceFile } from "./source-file.ts";
import type { Token } from "./tokens.ts";

interface WordRule {
  readonly rule: string;
  readonly matches: (code: readonly Token[], at: number) => boolean;
  /** Whether the rule is about this file at all. */
  readonly covers: (file: SourceFile) => boolean;
  readonly reason: string;
  readonly remedy: string;
}

const UNFINISHED = ["skip", "only", "todo", "skipIf", "runIf"];
const MAINS = /^(?:agent|hub|ops\/cli)\/main\.ts$/;

const WORD_RULES: readonly WordRule[] = [
  {
    rule: "clock",
    matches: anyOf(globalWord("Date", "performance"), member("process", "hrtime", "uptime")),
    covers: outside(/^shared\/clock\.ts$/),
    reason: "Time that is read where it is used cannot be faked, replayed or simulated.",
    remedy: "take the time as an argument; a shell asks the Clock of shared/clock.ts.",
  },
  {
    rule: "timer",
    matches: globalWord("setTimeout", "setInterval", "setImmediate"),
    covers: outside(/^shared\/loop\.ts$/),
    reason: "A loose timer survives stop(), drifts and cannot be driven by a test.",
    remedy: "use shared/loop.ts, or a deadline field that the tick compares.",
  },
  {
    rule: "chance",
    matches: member("Math", "random"),
    covers: outside(),
    reason: "What chance decided cannot be reproduced without its seed.",
    remedy: "take an Rng of shared/rng.ts as an argument; secrets come from node:crypto.",
  },
  {
    rule: "environment",
    matches: member("process", "env"),
    covers: outside(MAINS, /^(?:shared|agent|hub)\/config[./]/, /^ops\//),
    reason: "Configuration is read once at start, so that it can be validated and printed.",
    remedy: "take the value from the config that main read.",
  },
  {
    rule: "console",
    matches: globalWord("console"),
    covers: outside(),
    reason: "A line without an event name and fields cannot be found again.",
    remedy: "log through shared/log; a program's own output goes to process.stdout in ops.",
  },
  {
    rule: "core-effect",
    matches: globalWord("await", "async", "process", "fetch", "crypto", "Promise", "queueMicrotask"),
    covers: (file) => file.isPure && !file.isTest,
    reason: "A core is synchronous and pure: the same arguments give the same result, at once.",
    remedy: "return an effect as data and let the shell carry it out.",
  },
  {
    rule: "power",
    matches: anyOf(member("Math", "pow"), isPower),
    covers: (file) => (file.isPure || /^agent\/runners\/|^hub\/campaign\//.test(file.path)) && !file.isTest,
    reason: "Fractional powers differ between V8 versions, so frames and replays would too.",
    remedy: "write exp(y * log(x)), or multiply for a whole exponent.",
  },
  {
    rule: "incomplete-test",
    matches: anyOf(...["it", "test", "describe"].map((word) => member(word, ...UNFINISHED))),
    covers: () => true,
    reason: "A test that does not run proves nothing and hides the ones beside it.",
    remedy: "make it run or delete it.",
  },
];

export function checkWords(file: SourceFile): readonly Offence[] {
  const rules = WORD_RULES.filter((rule) => rule.covers(file));
  return file.code.flatMap((token, at) =>
    rules
      .filter((rule) => isCode(token) && rule.matches(file.code, at))
      .map(({ rule, reason, remedy }) => {
        const found = file.code.slice(at, at + 3).map((part) => part.text);
        return { rule, reason, remedy, path: file.path, line: token.line, found: found.join(" ") };
      }),
  );
}

/** Notes to self in comments; they are promises that nobody keeps. */
export function checkComments(file: SourceFile): readonly Offence[] {
  return file.tokens
    .filter((token) => token.kind === "comment" && /\b(?:TODO|FIXME|XXX)\b/.test(token.text))
    .map((token) => ({
      rule: "note-to-self",
      path: file.path,
      line: token.line,
      found: token.text,
      reason: "An open point in a comment is seen by nobody who could close it.",
      remedy: "do it now, or write down as a fact what the code does not do.",
    }));
}

/** A power of two whole literals (`1024 ** 3`) is a way to write a constant, and exact everywhere. */
function isPower(code: readonly Token[], at: number): boolean {
  const isWhole = (token: Token | undefined): boolean => /^\d[\d_]*$/.test(token?.text ?? "");
  const isConstant = isWhole(code[at - 1]) && isWhole(code[at + 1]);
  return /^\*\*=?$/.test(code[at]?.text ?? "") && !isConstant;
}

function isCode(token: Token): boolean {
  return token.kind === "word" || token.kind === "punctuation";
}

/** Production files outside the given homes. */
function outside(...homes: readonly RegExp[]): WordRule["covers"] {
  return (file) => !file.isTest && !homes.some((home) => home.test(file.path));
}

/** A global used by its bare name or through globalThis, and not a member or a key of that name. */
function globalWord(...words: readonly string[]): WordRule["matches"] {
  return (code, at) => {
    if (!words.includes(code[at]?.text ?? "") || code[at]?.kind !== "word") return false;
    const before = code[at - 1]?.text ?? "";
    const after = code[at + 1]?.text ?? "";
    if (before === "." || before === "?.") return code[at - 2]?.text === "globalThis";
    return after !== ":" && after !== "?:";
  };
}

function member(object: string, ...names: readonly string[]): WordRule["matches"] {
  return (code, at) =>
    code[at]?.text === object &&
    (code[at + 1]?.text === "." || code[at + 1]?.text === "?.") &&
    names.includes(code[at + 2]?.text ?? "");
}

function anyOf(...matchers: readonly WordRule["matches"][]): WordRule["matches"] {
  return (code, at) => matchers.some((matches) => matches(code, at));
}

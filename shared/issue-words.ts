/** IssueWords: what is wrong with a document or a flag, in words of people instead of those of the schema library. */
import type { z } from "zod";
import { FleetError } from "./errors.ts";

export type Issue = z.core.$ZodIssue;

/** How the library begins what no schema of ours has worded. */
const UNWORDED = /^(?:Invalid (?:input|option|key)|Too (?:big|small)|Unrecognized key)/;

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** `is missing (a text)`, `must be a number`, `must be realtime, interactive`; a schema's own words stay. */
export function wordIssue(issue: Issue): string {
  if (!UNWORDED.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type": {
      const kind = KINDS[issue.expected] ?? issue.expected;
      return issue.message.endsWith("received undefined") ? `is missing (${kind})` : `must be ${kind}`;
    }
    case "invalid_value":
      return `must be ${issue.values.map(String).join(", ")}`;
    case "unrecognized_keys":
      return `nobody knows ${issue.keys.map((key) => JSON.stringify(key)).join(", ")} here`;
    case "too_small":
      return wordBound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return wordBound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_key":
      return issue.issues.map(wordIssue).join(", ");
    case "invalid_union":
      return "has none of the forms that it may have";
    default:
      return issue.message;
  }
}

function wordBound(origin: string, relation: string, bound: number | bigint): string {
  switch (origin) {
    case "string":
      return relation === "at least" && bound === 1
        ? "must not be empty"
        : `must have ${relation} ${bound} characters`;
    case "array":
      return `must have ${relation} ${bound} entries`;
    default:
      return `must be ${relation} ${bound}`;
  }
}

interface Source {
  readonly issues: readonly Issue[];
  /** By the names of the settings, as they were given on the command line. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Where everything else may have come from. */
  readonly elsewhere: string;
}

/** A wrong flag is wrong usage, `invalid`, and shows what was given; anything else is `config`. One problem a line. */
export function settingsProblem({ issues, flags, elsewhere }: Source): FleetError {
  const ofFlags = issues.flatMap((issue) => {
    const name = String(issue.path[0] ?? "");
    const given = flags[name];
    return given === undefined ? [] : [`${flagOf(name)}: ${wordIssue(issue)}, got ${JSON.stringify(given)}`];
  });
  if (ofFlags.length > 0) return new FleetError("invalid", ofFlags.join("\n"));
  const lines = issues.map(
    (issue) => `${elsewhere}: ${issue.path.join(".") || "document"}: ${wordIssue(issue)}`,
  );
  return new FleetError("config", lines.join("\n"));
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

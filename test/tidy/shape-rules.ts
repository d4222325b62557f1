/** Shape rules: sizes, names and forms that keep each file readable on its own (STYLE, "Shape"). */
import { findFunctions } from "./functions.ts";
import type { Offence } from "./offence.ts";
import type { SourceFile } from "./source-file.ts";

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;
const MAX_PARAMETERS = 4;
const KEBAB_PATH = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)?\.ts$/;

export function checkShape(file: SourceFile): readonly Offence[] {
  return [...checkFile(file), ...checkForms(file), ...checkFunctions(file)];
}

function checkFile({ path, text, tokens, isTest }: SourceFile): readonly Offence[] {
  const lines = text.trimEnd().split("\n").length;
  const isUnitTest = isTest && path.endsWith(".test.ts");
  const found: Offence[] = [];
  if (lines > MAX_FILE_LINES) {
    const reason = `A file holds one idea and at most ${MAX_FILE_LINES} lines.`;
    found.push({
      ...at(path, 1),
      rule: "file-length",
      found: `${lines} lines`,
      reason,
      remedy: "split it by idea.",
    });
  }
  if (!isUnitTest && tokens[0]?.kind !== "comment") {
    const reason = "The first lines say what a module promises and why it exists.";
    const remedy = "begin the file with a header comment.";
    found.push({ ...at(path, 1), rule: "header", found: "no header comment", reason, remedy });
  }
  if (!KEBAB_PATH.test(path)) {
    const reason = "One way to write a name means nobody has to remember it.";
    found.push({ ...at(path, 1), rule: "file-name", found: path, reason, remedy: "use kebab-case." });
  }
  if (path.endsWith("/index.ts")) {
    const reason = "A barrel loads everything for one thing and hides who uses what.";
    found.push({
      ...at(path, 1),
      rule: "barrel",
      found: path,
      reason,
      remedy: "import the file that defines it.",
    });
  }
  return found;
}

function checkForms({ path, code }: SourceFile): readonly Offence[] {
  return code.flatMap((token, index): readonly Offence[] => {
    const next = code[index + 1];
    const isMember = code[index - 1]?.text === ".";
    if (token.kind !== "word" || isMember) return [];
    const place = at(path, token.line);
    if (token.text === "export" && next?.text === "default") {
      const reason = "A default export has as many names as importers.";
      return [
        { ...place, rule: "default-export", found: "export default", reason, remedy: "export it by name." },
      ];
    }
    if (token.text === "export" && next?.text === "*") {
      const reason = "A re-export hides who uses what.";
      return [
        { ...place, rule: "barrel", found: "export *", reason, remedy: "import the file that defines it." },
      ];
    }
    if (/^(?:enum|namespace)$/.test(token.text) && next?.kind === "word" && code[index + 2]?.text === "{") {
      const reason = "Types must vanish when the code runs: enums and namespaces leave code behind.";
      const remedy = "use a union of literals, or plain exports of a module.";
      return [{ ...place, rule: "erasable", found: `${token.text} ${next.text}`, reason, remedy }];
    }
    return [];
  });
}

function checkFunctions({ path, code, isTest }: SourceFile): readonly Offence[] {
  return findFunctions(code).flatMap(({ name, line, lines, parameters, isSuite, isCallback }) => {
    const found: Offence[] = [];
    if (lines > MAX_FUNCTION_LINES && !isSuite) {
      const reason = `A function of more than ${MAX_FUNCTION_LINES} lines does more than one thing.`;
      const remedy = "name its steps and call them.";
      found.push({
        ...at(path, line),
        rule: "function-length",
        found: `${name}: ${lines} lines`,
        reason,
        remedy,
      });
    }
    // The callback of a test table names the columns of its rows.
    if (parameters > MAX_PARAMETERS && !(isTest && isCallback)) {
      const reason = `Past ${MAX_PARAMETERS} positional parameters a call cannot be read.`;
      const remedy = "take an options object.";
      found.push({ ...at(path, line), rule: "parameters", found: `${name}: ${parameters}`, reason, remedy });
    }
    return found;
  });
}

function at(path: string, line: number): Pick<Offence, "path" | "line"> {
  return { path, line };
}

/** Spelling: other ways to write a command line, turned into ours before it is parsed. */

/** `gpu/stats` is `gpu stats`. */
const PATHS = /^(?:gpu|system)\/[a-z-]+$/;
/** `--includeProcesses=true`, `--topN=5`. */
const CAMEL_FLAG = /^--[a-z]+(?:[A-Z][a-z]*)+(?:=.*)?$/s;

/** What stands after `--` belongs to another program and stays as it is. */
export function respell(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  return [...own.flatMap(respellWord), ...argv.slice(own.length)];
}

function respellWord(word: string): readonly string[] {
  if (PATHS.test(word)) return word.split("/");
  return CAMEL_FLAG.test(word) ? respellFlag(word) : [word];
}

function respellFlag(flag: string): readonly string[] {
  const [name = "", ...rest] = flag.split("=");
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = rest.join("=");
  if (value === "false") return [];
  return [value === "" || value === "true" ? kebab : `${kebab}=${value}`];
}

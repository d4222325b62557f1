import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { completionScript } from "./completion.ts";
import { createProgram } from "./program.ts";

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const ask = `COMP_WORDS=(spiral ${line}); COMP_CWORD=${words.length}; _spiral; echo "\${COMPREPLY[@]}"`;
  const script = `${completionScript(createProgram(), "bash")}${ask}`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split(" ");
}

describe("completion in bash", () => {
  it.each([
    { words: ["sub"], offers: ["submit"] },
    { words: ["gpu", "eviction-"], offers: ["eviction-registry", "eviction-candidates"] },
    { words: ["gpu", "stats", "--lo"], offers: ["--local"] },
    { words: ["--root", "/tmp", "jobs", "--be"], offers: ["--before"] },
    { words: ["submit", "sleep", "--priority", "b"], offers: ["background", "batch"] },
    { words: ["why", "jo"], offers: ["job"] },
    { words: ["override", "set", "p"], offers: ["priority", "pin"] },
    { words: ["hub", "se"], offers: ["serve"] },
    { words: ["status", "--js"], offers: ["--json"] },
    { words: ["completion", "status", "zzz"], offers: [""] },
  ])("offers $offers after $words", ({ words, offers }) => {
    expect(offered(...words)).toEqual(offers);
  });
});

describe("completion in other shells", () => {
  it("is bash's own in zsh, and tells fish the same words", () => {
    const bash = completionScript(createProgram(), "bash");
    expect(completionScript(createProgram(), "zsh")).toBe(
      `autoload -U +X bashcompinit && bashcompinit\n${bash}`,
    );
    const fish = completionScript(createProgram(), "fish");
    expect(fish).toMatch(/case '\/gpu'\n +printf '%s\\n' stats eviction-registry/);
    expect(fish).toMatch(/case '--lane'\n +printf '%s\\n' gpu cpu/);
  });
});

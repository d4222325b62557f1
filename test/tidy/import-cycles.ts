/** Import cycles: modules that need each other at load time have no order in which they can be understood. */
import type { Offence } from "./offence.ts";
import type { SourceFile } from "./source-file.ts";

/** One offence per cycle of value imports, reported at the file that closes it. */
export function checkCycles(files: readonly SourceFile[]): readonly Offence[] {
  const targets = new Map(files.map((file) => [file.path, valueTargets(file)]));
  const done = new Set<string>();
  const trail: string[] = [];
  const offences: Offence[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) offences.push(cycleOffence([...trail.slice(start), path]));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of targets.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const file of files) visit(file.path);
  return offences;
}

function valueTargets(file: SourceFile): readonly string[] {
  return file.imports.flatMap((item) => (item.kind === "value" && item.target !== null ? [item.target] : []));
}

function cycleOffence(cycle: readonly string[]): Offence {
  return {
    rule: "import-cycle",
    path: cycle.at(-2) ?? "",
    line: 1,
    found: cycle.join(" -> "),
    reason: "A cycle loads in an order that nobody chose and cannot be read from any end.",
    remedy: "move what both need into a third module, or make one direction a type import.",
  };
}

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";

const run = promisify(execFile);
const root = packageRoot();
const checkout = mkdtempSync(join(tmpdir(), "launch-"));
const cache = join(checkout, "node_modules/.cache/spiral");

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

async function start(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(checkout, "bin", program), ...args]);
  return stdout.trim();
}

/** How starting a program failed. */
async function failure(program: string): Promise<{ readonly code: number; readonly stderr: string }> {
  return start(program).then(
    () => expect.fail(`${program} started`),
    (error) => error,
  );
}

beforeAll(() => {
  cpSync(join(root, "bin"), join(checkout, "bin"), { recursive: true });
  for (const name of ["esbuild", "@esbuild"]) {
    mkdirSync(join(checkout, "node_modules"), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(checkout, "node_modules", name));
  }
  write("tsconfig.json", "{}");
  write("shared/word.ts", 'export const word: string = "first";\n');
  write("ops/cli/main.ts", 'import { word } from "../../shared/word.ts";\nprocess.stdout.write(word);\n');
  write("hub/main.ts", "process.stdout.write(JSON.stringify(process.argv.slice(1)));\n");
  write("agent/main.ts", 'interface A {}\n\nthrow new Error("planted");\n');
  write("hub/store/journal-worker.ts", "export const a = 1;\n");
  write("agent/gpu/probe/main.ts", "export const b = 2;\n");
});

afterAll(() => rmSync(checkout, { recursive: true, force: true }));

describe("a launcher", () => {
  it("builds once for programs that start at the same moment", async () => {
    const outputs = await Promise.all([start("spiral.mjs"), start("spiral.mjs"), start("spiral.mjs")]);
    expect(outputs).toEqual(["first", "first", "first"]);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it("leaves argv as it was", async () => {
    const argv = JSON.parse(await start("spiral-hub.mjs", "serve", "--root", "x y"));
    expect(argv).toEqual([join(checkout, "bin/spiral-hub.mjs"), "serve", "--root", "x y"]);
  });

  it("reports an error at its line of the source", async () => {
    expect((await failure("spiral-agent.mjs")).stderr).toContain(`${join(checkout, "agent/main.ts")}:3`);
  });

  it("runs what the sources say now", async () => {
    write("shared/word.ts", 'export const word: string = "second word";\n');
    expect(await start("spiral.mjs")).toBe("second word");
    expect(readdirSync(cache)).toHaveLength(2);
  });

  it("names the place of a source that does not build, and keeps no half bundle", async () => {
    write("shared/word.ts", "export const word = ;\n");
    const { code, stderr } = await failure("spiral.mjs");
    expect([code, stderr]).toEqual([70, expect.stringContaining("shared/word.ts:1:20")]);
    expect(readdirSync(cache)).toHaveLength(2);
  });

  it("runs dist/ where there are no sources, and says how to make it", async () => {
    write("shared/word.ts", 'export const word = "built";\n');
    await run(process.execPath, [join(checkout, "bin/build.mjs")]);
    for (const name of ["tsconfig.json", "shared", "ops", "hub", "agent"]) {
      rmSync(join(checkout, name), { recursive: true });
    }
    expect(await start("spiral.mjs")).toBe("built");
    rmSync(join(checkout, "dist"), { recursive: true });
    expect((await failure("spiral.mjs")).stderr).toContain("npm run build");
  });
});

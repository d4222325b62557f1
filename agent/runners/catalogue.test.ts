import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadRunners } from "./catalogue.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runners-"));
});
afterEach(() => rm(directory, { recursive: true }));

function put(file: string, value: unknown): Promise<void> {
  return writeFile(join(directory, file), typeof value === "string" ? value : JSON.stringify(value));
}

const UPSCALE = { name: "upscale", argv: ["upscale"], params: {} };

describe("loadRunners", () => {
  it("has the built-ins in an empty directory, which it makes", async () => {
    const { infos } = await loadRunners(join(directory, "none"));
    expect(infos.map(({ name }) => name)).toEqual(["sleep", "render", "evaluate"]);
  });

  it("adds what the node defines, with a fingerprint of what it means", async () => {
    await put("upscale.json", UPSCALE);
    const first = await loadRunners(directory);
    await put("upscale.json", `  ${JSON.stringify(UPSCALE, null, 4)}\n`);
    const spaced = await loadRunners(directory);
    await put("upscale.json", { ...UPSCALE, argv: ["upscale", "-x"] });
    const changed = await loadRunners(directory);
    expect(first.get("upscale")?.argv).toEqual(["upscale"]);
    expect(spaced.infos.at(-1)).toEqual(first.infos.at(-1));
    expect(changed.infos.at(-1)?.sha256).not.toBe(first.infos.at(-1)?.sha256);
  });

  it.each([
    { file: "a.json", value: "{", message: /a\.json cannot be read as JSON/ },
    { file: "a.json", value: { ...UPSCALE, argv: "upscale" }, message: /a\.json: argv: / },
    {
      file: "a.json",
      value: { ...UPSCALE, name: "sleep" },
      message: /a\.json: name: a runner "sleep" exists/,
    },
  ])("refuses to start with $value", async ({ file, value, message }) => {
    await put(file, value);
    await expect(loadRunners(directory)).rejects.toThrow(message);
    await expect(loadRunners(directory)).rejects.toMatchObject({ code: "config" });
  });

  it("leaves other files alone", async () => {
    await put("README", "not a runner");
    await expect(loadRunners(directory)).resolves.toBeDefined();
  });
});

import { describe, expect, it } from "vitest";
import { errorText, FleetError, usageText } from "./errors.ts";

const GONE = new FleetError("notFound", "there is no journal");

describe("errorText", () => {
  it("is a sentence for people", () => {
    expect(errorText("spiral-hub", GONE, ["fsck"])).toBe("spiral-hub: there is no journal");
  });

  it("is an object where JSON is asked for", () => {
    const text = errorText("spiral-hub", GONE, ["fsck", "--json"]);
    expect(JSON.parse(text)).toEqual({ error: { code: "notFound", message: "there is no journal" } });
  });
});

describe("usageText", () => {
  it("keeps the words of the parser, and wraps them where JSON is asked for", () => {
    const text = "error: unknown option '--jsn'\n";
    expect(usageText(text, ["serve"])).toBe(text);
    expect(JSON.parse(usageText(text, ["serve", "--json"]))).toEqual({
      error: { code: "usage", message: "unknown option '--jsn'" },
    });
  });
});

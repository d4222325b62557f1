import { describe, expect, it } from "vitest";
import { hasPassword, parseAddress, redactAddress } from "./address.ts";

describe("the address of a journal", () => {
  it.each([
    ["a user's own", "postgres://spiral@db:5432/spiral", "postgres://spiral@db:5432/spiral", false],
    ["one with a password", "postgres://spiral:s3cret@db/spiral", "postgres://spiral:***@db/spiral", true],
    [
      "one with the password behind",
      "postgresql:///spiral?host=/run/postgresql&password=s3cret",
      "postgresql:///spiral?host=%2Frun%2Fpostgresql&password=***",
      true,
    ],
  ])("is shown without secrets: %s", (_what, text, shown, isSecret) => {
    expect(redactAddress(text)).toBe(shown);
    expect(hasPassword(text)).toBe(isSecret);
  });

  it.each([
    ["no URL", "spiral", /it is no URL/],
    ["another scheme", "mysql://db/spiral", /"mysql:" is not postgres:/],
  ])("is refused: %s", (_what, text, message) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => parseAddress(text)).toThrow(message);
  });
});

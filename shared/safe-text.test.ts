import { describe, expect, it } from "vitest";
import { safeText } from "./safe-text.ts";

describe("safeText", () => {
  it.each([
    ["an escape sequence", "\u001b[31mred", "\\x1b[31mred"],
    ["a carriage return", "done\rfail", "done\\x0dfail"],
    ["a C1 control", "\u009b2J", "\\x9b2J"],
    ["a delete", "a\u007f", "a\\x7f"],
    ["text that is turned round", "gpj\u202egnp.exe", "gpj\\u202egnp.exe"],
    ["an isolate", "\u2066a\u2069", "\\u2066a\\u2069"],
    ["an Arabic letter mark", "a\u061cb", "a\\u61cb"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["a space without width", "flux\u200b", "flux\\u200b"],
    ["a word joiner and a byte order mark", "\ufefff\u2060x", "\\ufefff\\u2060x"],
    ["a soft hyphen", "fl\u00adux", "fl\\xadux"],
  ])("spells %s out", (_what, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it.each([
    ["tab and newline", "a\tb\nc"],
    ["other scripts", "ünïcode العربية עברית 日本語"],
    ["an emoji of several parts", "👩\u200d🚀"],
    ["a joiner between letters", "می\u200cخواهم"],
  ])("leaves %s as it is", (_what, text) => {
    expect(safeText(text)).toBe(text);
  });
});

import { describe, expect, it } from "vitest";
import { createHubBook, splitAddresses } from "./hub-book.ts";

describe("splitAddresses", () => {
  it.each([
    ["one", "127.0.0.1:9820", ["127.0.0.1:9820"]],
    ["several, with blanks", "hub-a:1, [::1]:2", ["hub-a:1", "[::1]:2"]],
    ["none", "", null],
    ["an empty one among others", "a:1,,b:2", null],
    ["one without a port", "a:1,b", null],
  ])("reads %s", (_what, text, expected) => {
    expect(splitAddresses(text)).toEqual(expected);
  });
});

describe("HubBook", () => {
  it("goes round the list", () => {
    const book = createHubBook(["a:1", "b:2"]);
    const seen = [book.present];
    for (let tries = 0; tries < 3; tries++) {
      book.moveOn(null);
      seen.push(book.present);
    }
    expect(seen).toEqual(["a:1", "b:2", "a:1", "b:2"]);
  });

  it("goes to the leader that a standby names, also outside the list", () => {
    const book = createHubBook(["a:1", "b:2"]);
    book.moveOn("c:3");
    expect(book.present).toBe("c:3");
  });

  it("comes back to the list when the leader that was named does not serve", () => {
    const book = createHubBook(["a:1", "b:2"]);
    book.moveOn("c:3");
    book.moveOn(null);
    expect(book.present).toBe("a:1");
    book.moveOn(null);
    expect(book.present).toBe("b:2");
  });

  it("moves on from one that names itself", () => {
    const book = createHubBook(["a:1", "b:2"]);
    book.moveOn("a:1");
    expect(book.present).toBe("b:2");
  });
});

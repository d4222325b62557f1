import { describe, expect, it } from "vitest";
import { seen, unseen } from "../seen.ts";
import {
  checkFileSystem,
  checkInodes,
  checkRoot,
  checkSecrets,
  checkSpace,
  type DiskFacts,
  type SpaceFacts,
} from "./disk.ts";

const GIB = 1024 ** 3;
const SPACE: SpaceFacts = {
  ...{ path: "/r", fileSystem: 0xef53, totalBytes: 1000 * GIB, freeBytes: 500 * GIB },
  ...{ inodes: 1000, freeInodes: 900 },
};

function disk(change: Partial<DiskFacts> = {}): DiskFacts {
  return {
    root: "/r",
    directory: seen({ mode: 0o40700, uid: 1000 }),
    space: seen(SPACE),
    uid: 1000,
    secrets: [],
    ...change,
  };
}

describe("checkRoot", () => {
  it.each<readonly [string, Partial<DiskFacts>, string]>([
    ["0700 and one's own", {}, "ok"],
    ["not there yet", { directory: seen(null) }, "note"],
    ["a mount that hangs", { directory: unseen("no answer within 3 s") }, "fail"],
    ["writable by the group", { directory: seen({ mode: 0o770, uid: 1000 }) }, "fail"],
    ["writable by everybody", { directory: seen({ mode: 0o777, uid: 1000 }) }, "fail"],
    ["readable by others", { directory: seen({ mode: 0o755, uid: 1000 }) }, "warn"],
    ["somebody else's", { directory: seen({ mode: 0o700, uid: 5 }) }, "warn"],
    ["somebody else's, seen by root", { directory: seen({ mode: 0o700, uid: 5 }), uid: 0 }, "ok"],
  ])("judges a root that is %s", (_, change, severity) => {
    expect(checkRoot(disk(change)).severity).toBe(severity);
  });
});

describe("checkSpace", () => {
  it.each([
    [1000, 500, "ok"],
    [1000, 9, "warn"],
    [1000, 1.9, "fail"],
    [20, 1.9, "warn"],
    [20, 0.9, "fail"],
  ])("of %d GiB %d are free", (total, free, severity) => {
    const space = { ...SPACE, totalBytes: total * GIB, freeBytes: free * GIB };
    expect(checkSpace(disk({ space: seen(space) })).severity).toBe(severity);
  });

  it("does not call unknown space well", () => {
    expect(checkSpace(disk({ space: unseen("EIO") })).severity).toBe("note");
  });
});

describe("checkInodes", () => {
  it.each([
    [1000, 900, ["ok"]],
    [1000, 50, ["warn"]],
    [1000, 10, ["fail"]],
    [0, 0, []],
  ])("of %d inodes %d are free", (inodes, freeInodes, severities) => {
    const findings = checkInodes(disk({ space: seen({ ...SPACE, inodes, freeInodes }) }));
    expect(findings.map(({ severity }) => severity)).toEqual(severities);
  });
});

describe("checkFileSystem", () => {
  it.each([
    ["ext4", 0xef53, 0],
    ["NFS", 0x6969, 1],
    ["tmpfs", 0x01021994, 1],
  ])("%s", (_, fileSystem, count) => {
    expect(checkFileSystem(disk({ space: seen({ ...SPACE, fileSystem }) }))).toHaveLength(count);
  });
});

describe("checkSecrets", () => {
  const secret = (mode: number, isWellFormed: boolean | null) => ({
    path: "/r/hub/secrets/operator",
    mode,
    isWellFormed,
  });
  it.each([
    ["closed and whole", secret(0o600, true), "ok"],
    ["closed and not ours to read", secret(0o600, null), "ok"],
    ["readable by the group", secret(0o640, true), "fail"],
    ["damaged", secret(0o600, false), "fail"],
  ])("judges a secret that is %s", (_, each, severity) => {
    expect(checkSecrets(disk({ secrets: [each] }))).toMatchObject([{ severity }]);
  });

  it("says nothing where there are none", () => expect(checkSecrets(disk())).toEqual([]));
});

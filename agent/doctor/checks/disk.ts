/** Disk checks: the root, its space and the files that nobody else may read. */
import { isNearlyFull } from "../../process/resources/disk-watch.ts";
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import type { Seen } from "../seen.ts";
import { bytesText, modeText, shareText } from "../words.ts";

export interface DiskFacts {
  readonly root: string;
  readonly directory: Seen<DirectoryFacts | null>;
  /** Of the root, or of the nearest directory above it that exists. */
  readonly space: Seen<SpaceFacts>;
  /** Who runs doctor. */
  readonly uid: number;
  readonly secrets: readonly SecretFacts[];
}

export interface DirectoryFacts {
  readonly mode: number;
  readonly uid: number;
}

export interface SpaceFacts {
  readonly path: string;
  readonly fileSystem: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0 where the file system does not count them. */
  readonly inodes: number;
  readonly freeInodes: number;
}

export interface SecretFacts {
  readonly path: string;
  readonly mode: number;
  /** Null where it may not be read. */
  readonly isWellFormed: boolean | null;
}

export function checkRoot({ root, directory, uid }: DiskFacts): Finding {
  const id = "disk.root";
  if (directory.kind === "unseen") {
    return fail(id, `${root} cannot be looked at`, {
      evidence: [directory.reason],
      cure: "look at its file system; a network mount that hangs answers nobody",
    });
  }
  if (directory.value === null) {
    return note(id, `${root} does not exist yet`, { cure: "the first hub or agent makes it" });
  }
  const { mode, uid: owner } = directory.value;
  const evidence = [`mode ${modeText(mode)}, owner ${owner}`];
  if ((mode & 0o022) !== 0) {
    return fail(id, `${root} may be written by others: they can replace what the agent runs`, {
      evidence,
      cure: `chmod 0700 ${root}`,
    });
  }
  if (owner !== uid && uid !== 0) {
    return warn(id, `${root} belongs to user ${owner}, you are ${uid}`, {
      evidence,
      cure: "run doctor as the user that runs the agent, or with sudo",
    });
  }
  if ((mode & 0o055) !== 0) {
    return warn(id, `${root} may be read by others`, { evidence, cure: `chmod 0700 ${root}` });
  }
  return ok(id, `${root} belongs to its owner alone`, evidence);
}

const LOW_RATIO = 0.1;
const LOW_BYTES = 10 * 1024 ** 3;

export function checkSpace({ space }: DiskFacts): Finding {
  const id = "disk.space";
  if (space.kind === "unseen") return note(id, "disk space is unknown", { evidence: [space.reason] });
  const { path, totalBytes, freeBytes } = space.value;
  const title = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free below ${path}`;
  const cure = `du -xh --max-depth=2 ${path} | sort -h | tail names what is large`;
  if (isNearlyFull({ totalBytes, freeBytes })) {
    return fail(id, `${title}: jobs are ended, journals stop`, { cure });
  }
  return freeBytes < Math.min(LOW_BYTES, totalBytes * LOW_RATIO) ? warn(id, title, { cure }) : ok(id, title);
}

const INODE_RATIO = { warn: 0.1, fail: 0.02 } as const;

export function checkInodes({ space }: DiskFacts): readonly Finding[] {
  if (space.kind === "unseen" || space.value.inodes === 0) return [];
  const { inodes, freeInodes, path } = space.value;
  const ratio = freeInodes / inodes;
  const title = `${shareText(ratio)} of the inodes free below ${path}`;
  const cure = "many small files: find them with du --inodes -x --max-depth=2";
  if (ratio < INODE_RATIO.fail) return [fail("disk.inodes", title, { cure })];
  return [ratio < INODE_RATIO.warn ? warn("disk.inodes", title, { cure }) : ok("disk.inodes", title)];
}

/** statfs(2) magic of file systems that a root must not lie on. */
const BAD_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  26985: "NFS: renames and locks there may lie",
  20859: "SMB: renames and locks there may lie",
  4283649346: "CIFS: renames and locks there may lie",
  4266872130: "SMB: renames and locks there may lie",
  16914836: "tmpfs: everything is gone after a reboot",
};

export function checkFileSystem({ space }: DiskFacts): readonly Finding[] {
  const why = space.kind === "seen" ? BAD_FILE_SYSTEMS[space.value.fileSystem] : undefined;
  if (space.kind === "unseen" || why === undefined) return [];
  return [
    warn("disk.file-system", `${space.value.path} lies on ${why}`, {
      cure: "a root on a local disk: --root DIR or SPIRAL_ROOT",
    }),
  ];
}

const OTHERS = 0o077;

/** Whoever may read a principal's file is that principal. */
export function checkSecrets({ secrets }: DiskFacts): readonly Finding[] {
  const id = "disk.secrets";
  if (secrets.length === 0) return [];
  const open = secrets.filter(({ mode }) => (mode & OTHERS) !== 0);
  const broken = secrets.filter(({ isWellFormed }) => isWellFormed === false);
  if (open.length > 0) {
    return [
      fail(id, "secrets may be read by others; hub and agent refuse them", {
        evidence: open.map(({ path, mode }) => `${path}: mode ${modeText(mode)}`),
        cure: `chmod 600 ${open.map(({ path }) => path).join(" ")}; then make new ones, for these may be known`,
      }),
    ];
  }
  if (broken.length > 0) {
    return [
      fail(id, "secrets are damaged", {
        evidence: broken.map(({ path }) => path),
        cure: "delete the file and start its owner again, which makes a new one",
      }),
    ];
  }
  return [
    ok(
      id,
      "secrets belong to their owner alone",
      secrets.map(({ path }) => path),
    ),
  ];
}

/** Looks at the root: its mode, its file system and the secrets in it. Contents of secrets never leave here. */
import { stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { agentSecretPath } from "../../../shared/wire/secret.ts";
import type { DirectoryFacts, DiskFacts, SecretFacts, SpaceFacts } from "../checks/disk.ts";
import { type Seen, seen, seenOrNull } from "../seen.ts";
import { look, lookAtNames, lookAtText } from "./files.ts";

export async function lookAtDisk(root: string, nodes: readonly string[]): Promise<DiskFacts> {
  const directory = await lookAtDirectory(root);
  const uid = process.getuid?.() ?? 0;
  if (directory.kind === "unseen") return { root, uid, directory, space: directory, secrets: [] };
  return { root, uid, directory, space: await lookAtSpace(root), secrets: await lookAtSecrets(root, nodes) };
}

/** Null inside: there is no such directory. */
export function lookAtDirectory(path: string): Promise<Seen<DirectoryFacts | null>> {
  return look(async () => {
    try {
      const { mode, uid } = await stat(path);
      return { mode, uid };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  });
}

async function lookAtSpace(path: string): Promise<Seen<SpaceFacts>> {
  const space = await look(async () => {
    const { type, bsize, blocks, bavail, files, ffree } = await statfs(path);
    return {
      ...{ path, fileSystem: type, totalBytes: blocks * bsize, freeBytes: bavail * bsize },
      ...{ inodes: files, freeInodes: ffree },
    };
  });
  const isMissing = space.kind === "unseen" && seenOrNull(await lookAtDirectory(path)) === null;
  return isMissing && dirname(path) !== path ? lookAtSpace(dirname(path)) : space;
}

async function lookAtSecrets(root: string, nodes: readonly string[]): Promise<readonly SecretFacts[]> {
  const folder = join(root, "hub/secrets");
  const names = seenOrNull(await lookAtNames(folder)) ?? [];
  const paths = [
    ...names.map((name) => join(folder, name)),
    ...nodes.map((node) => agentSecretPath(root, node)),
  ];
  const secrets = await Promise.all(paths.map(lookAtSecret));
  return secrets.filter((secret) => secret !== null);
}

const SECRET = /^[0-9a-f]{64}\n?$/;

async function lookAtSecret(path: string): Promise<SecretFacts | null> {
  const directory = seenOrNull(await lookAtDirectory(path));
  if (directory === null) return null;
  const text = seenOrNull(await lookAtText(path));
  return { path, mode: directory.mode & 0o7777, isWellFormed: text === null ? null : SECRET.test(text) };
}

/** Names of the nodes that live below a root. */
export async function listNodes(root: string): Promise<readonly string[]> {
  if (seenOrNull(await lookAtDirectory(root)) === null) return [];
  const agents = join(root, "agents");
  const names = seenOrNull(await lookAtNames(agents)) ?? [];
  const isDirectory = await Promise.all(
    names.map((name) => look(async () => (await stat(join(agents, name))).isDirectory())),
  );
  return names.filter((_, index) => seenOrNull(isDirectory[index] ?? seen(false)) === true);
}

/**
 * Artifact store: what attempts produced, from the first byte to the published directory (SPEC H10, DESIGN
 * section 5 "Publish"). `ROOT/hub/staging/TOKEN` becomes `ROOT/renders/JOB` by one rename, so a published
 * directory is whole at every instant. The store obeys: whether a token may upload or publish is decided by
 * the core, and every step may be repeated after a crash.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { parseManifest } from "../../shared/model/manifest.ts";
import { NO_FAILPOINTS } from "../failpoint.ts";
import { createStaging, readManifest, type Upload } from "./staging.ts";

/** The complete outputs of one token, synced and waiting to be published. */
export interface StagedOutputs {
  readonly token: number;
  /** SHA-256 (hex) of the manifest's canonical text. */
  readonly manifestSha256: string;
  readonly files: readonly OutputFile[];
}

export interface ArtifactStore {
  /** Starts or resumes one file; a newer upload of the same content takes over from an older one.
   * @throws FleetError invalid: bad path, over the quota, or the outputs are complete without it. */
  beginUpload(token: number, file: OutputFile): Promise<Upload>;
  /** When it resolves every file of the manifest is checked and survives a power cut. Repeatable.
   * @throws FleetError invalid: a file is missing, differs or is not listed; the manifest is malformed. */
  commit(token: number, manifestText: string): Promise<StagedOutputs>;
  /** Moves the committed outputs of a token to `renders/JOB`. Repeatable.
   * @throws FleetError notFound: nothing is committed; alreadyExists: the job has other outputs. */
  publish(token: number, jobId: string): Promise<void>;
  discard(token: number): Promise<void>;
  /** Discards the staging of each token that is not live, which is asked after looking; returns those tokens. */
  reapStaging(isLive: (token: number) => boolean): Promise<readonly number[]>;
  /** Path of a published file with this content, or null. */
  resolve(sha256: string): string | null;
  /** Directories in renders/ without a readable manifest, as found at the start; nothing in them is served. */
  readonly unreadable: readonly string[];
}

const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Opens the store below `root`, making its directories, and indexes every published file. */
export async function openArtifactStore(root: string, failpoint = NO_FAILPOINTS): Promise<ArtifactStore> {
  const stagingDir = await ownDirectory(join(root, "hub", "staging"));
  const rendersDir = await ownDirectory(join(root, "renders"));
  const staging = createStaging(stagingDir);
  const index = new Map<string, string>();
  const unreadable = await indexRenders(index, rendersDir);
  return {
    beginUpload: staging.begin,
    commit: async (token, text) => ({
      token,
      manifestSha256: sha256Of(text),
      files: await staging.commit(token, text),
    }),
    publish: async (token, jobId) => {
      invariant(JOB_ID.test(jobId), `a job id is no file name: ${JSON.stringify(jobId)}`);
      const target = join(rendersDir, jobId);
      await staging.withTree(token, async (tree) => {
        const text = await moveTree(tree, target);
        failpoint("after-rename");
        await syncDirectory(rendersDir);
        await syncDirectory(stagingDir);
        addToIndex(index, target, text);
      });
      await staging.discard(token);
    },
    discard: staging.discard,
    reapStaging: async (isLive) => {
      const dead = (await staging.tokens()).filter((token) => !isLive(token));
      for (const token of dead) await staging.discard(token);
      return dead;
    },
    resolve: (sha256) => index.get(sha256) ?? null,
    unreadable,
  };
}

async function ownDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return realpath(path);
}

/** Makes `target` the published directory, unless it is already; returns the manifest's text. */
async function moveTree(tree: string, target: string): Promise<string> {
  const [staged, published] = [await readManifest(tree), await readManifest(target)];
  if (published !== null && (staged === null || staged === published)) return published;
  if (published !== null) throw new FleetError("alreadyExists", `${target} holds other outputs`);
  if (staged === null) throw new FleetError("notFound", `no committed outputs in ${tree}`);
  await rename(tree, target);
  return staged;
}

/** Adds every published manifest; returns the names of directories that have none. */
async function indexRenders(index: Map<string, string>, rendersDir: string): Promise<readonly string[]> {
  const unreadable: string[] = [];
  for (const entry of await readdir(rendersDir, { withFileTypes: true })) {
    const directory = join(rendersDir, entry.name);
    const text = entry.isDirectory() ? await readManifest(directory).catch(() => null) : null;
    if (text === null || !addToIndex(index, directory, text)) unreadable.push(entry.name);
  }
  return unreadable;
}

function addToIndex(index: Map<string, string>, directory: string, text: string): boolean {
  const manifest = parseManifest(text);
  if (manifest.kind === "refused") return false;
  for (const { sha256, path } of manifest.files) index.set(sha256, join(directory, path));
  return true;
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

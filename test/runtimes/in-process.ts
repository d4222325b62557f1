/**
 * In-process runner: bundled test files, one after the other, in this very process, for a machine that emulates
 * another processor and can start neither children nor vitest's workers. Tests, hooks and `expect` are
 * vitest's own; this stands in for the worker that vitest would run them in.
 */
import { type File, startTests, type Task, type VitestRunner } from "@vitest/runner";
import { systemClock } from "../../shared/clock.ts";

export interface RunOptions {
  /** Names of tests that are left out, with the reason. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Told the end of each file. */
  readonly print: (line: string) => void;
}

export interface RunReport {
  readonly passed: number;
  /** `FILE > TEST: MESSAGE` of each test or file that failed. */
  readonly failures: readonly string[];
  /** Names. */
  readonly skipped: readonly string[];
}

/** Emulated, a test takes 30 times as long and more. */
const TEST_TIMEOUT_MS = 120_000;

/** Runs `PATH.mjs` below `directory` for each `PATH.ts` of `files`, in that order. */
export async function runInProcess(
  directory: string,
  files: readonly string[],
  { skipped, print }: RunOptions,
): Promise<RunReport> {
  const config = { fakeTimers: {}, expect: {}, snapshotOptions: { expand: false } };
  // What `expect` and `vi` ask of the worker that they believe to be in.
  Object.defineProperty(globalThis, "__vitest_worker__", { value: { config } });
  const runner = createRunner(directory, skipped);
  const reports: RunReport[] = [];
  for (const file of files) {
    const beganMs = systemClock.bootMs();
    const report = judge(file, (await startTests([file], runner))[0]);
    reports.push(report);
    const seconds = ((systemClock.bootMs() - beganMs) / 1000).toFixed(1);
    print(`${file}: ${report.passed} passed, ${report.failures.length} failed, ${seconds} s`);
  }
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failures: reports.flatMap(({ failures }) => failures),
    skipped: reports.flatMap(({ skipped: names }) => names),
  };
}

function createRunner(root: string, skipped: RunOptions["skipped"]): VitestRunner {
  return {
    config: {
      root,
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: TEST_TIMEOUT_MS,
      hookTimeout: TEST_TIMEOUT_MS,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => import(`${root}/${path.replace(/\.ts$/, ".mjs")}`),
    onBeforeRunTask: (test) => {
      if (skipped.has(test.name)) test.mode = "skip";
    },
  };
}

function judge(path: string, file: File | undefined): RunReport {
  if (file === undefined) return { passed: 0, failures: [`${path}: not run`], skipped: [] };
  const tests = listTests(file);
  // A suite or file fails by itself when a hook or the import does.
  const failed = listTasks(file).filter(
    ({ result }) => result?.errors !== undefined && result.errors.length > 0,
  );
  return {
    passed: tests.filter(({ result }) => result?.state === "pass").length,
    failures: failed.map(({ name, result }) => `${path} > ${name}: ${result?.errors?.[0]?.message}`),
    skipped: tests.filter(({ mode }) => mode === "skip").map(({ name }) => name),
  };
}

function listTasks(task: Task): readonly Task[] {
  return task.type === "suite" ? [task, ...task.tasks.flatMap(listTasks)] : [task];
}

function listTests(file: File): readonly Task[] {
  return listTasks(file).filter(({ type }) => type === "test");
}

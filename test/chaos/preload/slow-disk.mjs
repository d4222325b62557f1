/**
 * Slow disk: loaded before a hub, it makes each commit of the journal's thread take as many ms longer as the file
 * says, which is what a disk that takes its time over a sync does.
 */
import { existsSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const path = process.env.CHAOS_SLOW_FILE;

if (!isMainThread) {
  const getBuiltinModule = process.getBuiltinModule;
  const sqlite = getBuiltinModule("node:sqlite") ?? (await import("@photostructure/sqlite"));
  const never = new Int32Array(new SharedArrayBuffer(4));
  class DatabaseSync extends sqlite.DatabaseSync {
    exec(sql) {
      if (sql === "COMMIT" && existsSync(path)) Atomics.wait(never, 0, 0, Number(readFileSync(path, "utf8")));
      return super.exec(sql);
    }
  }
  process.getBuiltinModule = (name) =>
    name === "node:sqlite" ? { ...sqlite, DatabaseSync } : getBuiltinModule(name);
}

/**
 * Protos: reads `.proto` files of the package. The same `proto/loader-options.json` drives the type generator: with
 * other flags here than there, messages would carry keys that the types do not know, and nothing would complain.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync, type Options, type PackageDefinition } from "@grpc/proto-loader";
import { packageRoot } from "../package-root.ts";

/** @param files below `proto/` */
export function readProtos(files: readonly string[], overrides: Options = {}): PackageDefinition {
  // The library's own lines on stderr have no fields; what matters reaches us as errors.
  setLogVerbosity(logVerbosity.NONE);
  const protoDir = join(packageRoot(), "proto");
  const flags = JSON.parse(readFileSync(join(protoDir, "loader-options.json"), "utf8"));
  return loadSync([...files], {
    ...flags,
    longs: Number,
    enums: String,
    ...overrides,
    includeDirs: [protoDir],
  });
}

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{agent,hub,shared,ops}/**/*.test.ts", "test/{tidy,contract,sim,chaos,e2e}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});

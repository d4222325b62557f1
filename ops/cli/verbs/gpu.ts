/** `spiral gpu …`: the verbs about the cards of a node. */
import type { Command } from "commander";
import { addGpuEvictionCandidates, addGpuEvictionRegistry } from "./gpu-eviction.ts";
import { addGpuRun } from "./gpu-run.ts";
import { addGpuSetBudget } from "./gpu-set-budget.ts";
import { addGpuStats } from "./gpu-stats.ts";

export function addGpu(program: Command): void {
  const gpu = program
    .command("gpu")
    .description("VRAM of a node: who holds it, what still fits")
    .helpCommand(false);
  addGpuStats(gpu);
  addGpuEvictionRegistry(gpu);
  addGpuEvictionCandidates(gpu);
  addGpuSetBudget(gpu);
  addGpuRun(gpu);
}

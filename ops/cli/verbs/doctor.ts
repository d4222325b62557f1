/** `spiral doctor`: looks at this box, by the agent's program, which has the eyes for it (docs/doctor.md). */
import type { Command } from "commander";
import { verb } from "../verb.ts";
import { runProgram } from "./programs.ts";

const VERB = "doctor";

export function addDoctor(program: Command): void {
  program
    .command(VERB)
    .description("what is wrong on this box, and what helps; needs neither hub nor agent")
    .argument("[words...]")
    .helpOption(false)
    .allowUnknownOption()
    .action(
      verb(async () => {
        const words = process.argv.slice(2);
        // Flags may stand before the verb as well as behind it.
        return await runProgram("agent", [VERB, ...words.toSpliced(words.indexOf(VERB), 1)]);
      }),
    );
}

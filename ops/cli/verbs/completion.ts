/** `spiral completion SHELL`: a script for the shell, on standard output. */
import { Argument, type Command } from "commander";
import { completionScript, SHELLS, type Shell } from "../completion.ts";
import { verb } from "../verb.ts";

export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description('completion for a shell: eval "$(spiral completion bash)"')
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action(
      verb<object, [Shell]>(async ({ out }, _flags, shell) => {
        const script = completionScript(program, shell);
        out.show({ shell, script }, () => script.trimEnd().split("\n"));
        return 0;
      }),
    );
}

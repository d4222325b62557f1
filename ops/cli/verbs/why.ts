/** `spiral why`: the verdict, the one dominant rule, the evidence and what would change it. */
import { Argument, type Command } from "commander";
import { formatDuration } from "../format.ts";
import { drawUndurable } from "../frame.ts";
import { formatTable } from "../table.ts";
import { verb } from "../verb.ts";
import { readExplanation } from "../views.ts";

export function addWhy(program: Command): void {
  program
    .command("why")
    .description("why a job, a node, a card or a campaign waits")
    .addArgument(new Argument("<kind>").choices(["job", "node", "gpu", "campaign"]))
    .argument("<name>", "such as j_000042, alpha, a UUID or demo")
    .action(
      verb<object, [string, string]>(async ({ out, hub }, _flags, kind, name) => {
        const explanation = readExplanation(await hub().call("Why", { kind, name }));
        out.show({ kind, name, ...explanation }, ({ verdict, rule, evidence, wouldChange }) => {
          const { bold, dim } = out.colours;
          const rows = evidence.map((row) => [
            row.name,
            row.value,
            row.ageMs === 0 ? "" : dim(`${formatDuration(row.ageMs)} ago`),
          ]);
          const [, ...table] = formatTable([{ head: "" }, { head: "" }, { head: "" }], rows, String);
          return [
            bold(verdict),
            `${dim("rule")}      ${rule}`,
            ...table.map((line) => `          ${line}`),
            ...wouldChange.map((cure) => `${dim("cure")}      ${cure}`),
            ...drawUndurable(explanation.undurableEvents, out.colours),
          ];
        });
        return 0;
      }),
    );
}

/** Program: the verbs of `spiral` and the flags they share, as `spiral --help` shows them. */
import { Command, Option } from "commander";
import { packageVersion } from "../../shared/package-root.ts";
import { ROLES } from "./settings.ts";
import { addCancel } from "./verbs/cancel.ts";
import { addCompletion } from "./verbs/completion.ts";
import { addConverge } from "./verbs/converge.ts";
import { addCordon, addDrain, addUncordon } from "./verbs/cordon.ts";
import { addDemo } from "./verbs/demo.ts";
import { addDoctor } from "./verbs/doctor.ts";
import { addDown } from "./verbs/down.ts";
import { addEnable } from "./verbs/enable.ts";
import { addEvents } from "./verbs/events.ts";
import { addGpu } from "./verbs/gpu.ts";
import { addJob } from "./verbs/job.ts";
import { addJobs } from "./verbs/jobs.ts";
import { addMonitor } from "./verbs/monitor.ts";
import { addNodes } from "./verbs/nodes.ts";
import { addNotify } from "./verbs/notify.ts";
import { addOverride } from "./verbs/override.ts";
import { addPause } from "./verbs/pause.ts";
import { addPressure } from "./verbs/pressure.ts";
import { addAgent, addFsck, addHub, addReplay } from "./verbs/programs.ts";
import { addRefill } from "./verbs/refill.ts";
import { addRequeue } from "./verbs/requeue.ts";
import { addStatus } from "./verbs/status.ts";
import { addSubmit } from "./verbs/submit.ts";
import { addSystem } from "./verbs/system.ts";
import { addUp } from "./verbs/up.ts";
import { addWhy } from "./verbs/why.ts";

const GROUPS: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  "Look:": [
    addStatus,
    addMonitor,
    addNodes,
    addJobs,
    addJob,
    addEvents,
    addWhy,
    addReplay,
    addFsck,
    addNotify,
    addDoctor,
  ],
  "Look at the boxes:": [addGpu, addSystem, addPressure],
  "Work:": [addSubmit, addCancel, addRequeue, addConverge, addRefill],
  "Switch the fleet:": [addEnable, addUp, addPause, addDown, addCordon, addUncordon, addDrain, addOverride],
  "Run:": [addDemo, addHub, addAgent, addCompletion],
};

export function createProgram(): Command {
  const program = new Command("spiral")
    .description(
      "Runs GPU boxes unattended: one hub, one agent a box, loops that stop when they have converged.",
    )
    .usage("<verb> [options]")
    .option("--root <dir>", "data directory (default: $SPIRAL_ROOT or ~/spiral)")
    .option(
      "--hub <host:port,…>",
      "the hub, or each of its replicas (default: $SPIRAL_HUB or the root's own)",
    )
    .addOption(new Option("--as <role>", "whose secret to present").choices(ROLES))
    .option("--json", "one JSON object (events: one a line)")
    .option("--no-color", "no colours, as with NO_COLOR")
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", HELP_FOOT);
  for (const [group, verbs] of Object.entries(GROUPS)) {
    program.commandsGroup(group);
    for (const addVerb of verbs) addVerb(program);
  }
  return program;
}

const HELP_FOOT = `
Start here:   spiral demo              a whole fleet on this machine, no GPU needed
              spiral VERB --help       the flags of a verb
Exit status:  0 done · 1 not reached · 2 wrong usage · 4 refused · 5 not found · 6 there already
              69 no hub · 70 a bug · 75 full · 77 no permission · 78 bad configuration
              130 ended by Ctrl-C (docs/cli.md)`;

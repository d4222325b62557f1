/** Verb: what each verb of the CLI is given, and the one way in which it is run. */
import type { Command } from "commander";
import { connectHub, type HubClient } from "./client.ts";
import { createOutput, type Output } from "./output.ts";
import { type GlobalFlags, readSettings, type Settings } from "./settings.ts";

export interface Context {
  readonly settings: Settings;
  readonly out: Output;
  /** The client of the hub, connected at the first call. Throws FleetError when no hub can be found. */
  readonly hub: () => HubClient;
  /** Aborts at the first Ctrl-C; from the first call on, Ctrl-C no longer ends the process by itself. */
  readonly interrupted: () => AbortSignal;
}

/** What a verb does; resolves with the exit status, 0 when it is left out. */
export type VerbBody<Options, Args extends readonly unknown[]> = (
  context: Context,
  options: Options,
  ...args: Args
) => Promise<number | undefined>;

/** The commander action of a verb. */
export function verb<Options = object, Args extends readonly unknown[] = []>(body: VerbBody<Options, Args>) {
  return async (...given: readonly unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const settings = readSettings(command.optsWithGlobals<GlobalFlags>(), process.env);
    const { context, close } = openContext(settings);
    try {
      const args = command.processedArgs as unknown as Args;
      process.exitCode = (await body(context, command.opts<Options & object>(), ...args)) ?? 0;
    } finally {
      close();
    }
  };
}

function openContext(settings: Settings): { readonly context: Context; readonly close: () => void } {
  let client: HubClient | null = null;
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  const context: Context = {
    settings,
    out: createOutput(process, settings),
    hub: () => {
      client ??= connectHub(settings);
      return client;
    },
    interrupted: () => {
      process.once("SIGINT", onInterrupt);
      return interrupt.signal;
    },
  };
  const close = (): void => {
    process.off("SIGINT", onInterrupt);
    context.out.redraw("");
    client?.close();
  };
  return { context, close };
}

/** Config of the hub: file < environment < flags, read once, checked, frozen. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { FleetError } from "../shared/errors.ts";
import { settingsProblem } from "../shared/issue-words.ts";
import { readJson } from "../shared/json-document.ts";
import { LOG_LEVELS } from "../shared/log.ts";
import { splitAddresses } from "../shared/model/hub-book.ts";
import { hasPassword, parseAddress } from "./store/postgres/address.ts";

const PORT = "must be 0 to 65535";

const schema = z.strictObject({
  root: z.string().min(1),
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 = the port that endpoint.json records, else any free one. */
  port: z.coerce.number(PORT).int(PORT).min(0, PORT).max(65_535, PORT).default(9820),
  /** `host:port` that agents and operators are told, where it is not the one listened on. */
  advertise: z
    .string()
    .refine((text) => splitAddresses(text)?.length === 1, "must be HOST:PORT")
    .nullable()
    .default(null),
  /** `postgres://…`; null: SQLite below the root. */
  journal: z.string().nullable().default(null),
  logLevel: z.enum(LOG_LEVELS).default("info"),
  timingScale: z.coerce.number().positive().max(1).default(1),
});

export type HubConfig = z.infer<typeof schema>;
export type HubFlags = Partial<Record<keyof HubConfig, string>>;

const ENVIRONMENT: Readonly<Record<keyof HubConfig, string>> = {
  root: "SPIRAL_ROOT",
  host: "SPIRAL_HUB_HOST",
  port: "SPIRAL_HUB_PORT",
  advertise: "SPIRAL_HUB_ADVERTISE",
  journal: "SPIRAL_JOURNAL",
  logLevel: "SPIRAL_LOG_LEVEL",
  timingScale: "SPIRAL_TIMING_SCALE",
};

/** The config, or FleetError `config` naming the field and where it came from. */
export async function loadHubConfig(
  flags: HubFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HubConfig> {
  const fromEnv = Object.fromEntries(
    Object.entries(ENVIRONMENT).flatMap(([key, name]) => (env[name] === undefined ? [] : [[key, env[name]]])),
  );
  checkFlags(flags);
  const given = { ...fromEnv, ...flags };
  const root = resolve(given["root"] ?? join(homedir(), "spiral"));
  const path = join(root, "hub", "hub.json");
  const file = (await readJson(path))?.value ?? {};
  const result = schema.safeParse({ ...(file as object), ...given, root });
  if (result.success) {
    checkHost(result.data.host);
    if (result.data.journal !== null) parseAddress(result.data.journal);
    return Object.freeze(result.data);
  }
  const elsewhere = `hub config (SPIRAL_*, ${path})`;
  throw settingsProblem({ issues: result.error.issues, flags, elsewhere });
}

/** Secrets and work travel as they are, so nobody outside this machine may be invited. */
function checkHost(host: string): void {
  if (LOOPBACK.test(host)) return;
  const cure = "serve on 127.0.0.1 and let other machines come through tunnels";
  throw new FleetError("config", `--host ${host}: plaintext is served on loopback only; ${cure}`);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** Everybody on the machine can read a command line. */
function checkFlags({ journal }: HubFlags): void {
  if (journal === undefined || !hasPassword(journal)) return;
  const cure = "put it into SPIRAL_JOURNAL, hub.json, PGPASSWORD or ~/.pgpass";
  throw new FleetError("config", `--journal must not hold a password, which \`ps\` would show: ${cure}`);
}

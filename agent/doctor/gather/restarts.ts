/** Looks at whoever could restart things beside this product: units, crontabs and containers. Touches none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json } from "../../../shared/json.ts";
import type { Container, CronEntry, RestartFacts, UnitFile } from "../checks/restarts.ts";
import { seenOrNull } from "../seen.ts";
import { lookAtNames, lookAtText } from "./files.ts";

export interface RestartPlaces {
  readonly units: readonly string[];
  readonly crontabs: readonly string[];
  readonly cronDirectories: readonly string[];
  readonly containers: string;
  /** Exists where systemd is the init system. */
  readonly systemd: string;
}

export function systemPlaces(home: string): RestartPlaces {
  return {
    units: [
      "/etc/systemd/system",
      "/run/systemd/system",
      "/usr/local/lib/systemd/system",
      "/usr/lib/systemd/system",
      "/etc/systemd/user",
      join(home, ".config/systemd/user"),
    ],
    crontabs: ["/etc/crontab"],
    cronDirectories: ["/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"],
    containers: "/var/lib/docker/containers",
    systemd: "/run/systemd/system",
  };
}

export async function lookAtRestarts(places: RestartPlaces, root: string): Promise<RestartFacts> {
  const unread: string[] = [];
  const namesIn = async (path: string): Promise<readonly string[]> => {
    const names = await lookAtNames(path);
    if (names.kind === "unseen") unread.push(`not looked at: ${names.reason}`);
    return names.kind === "seen" ? names.value : [];
  };
  const units = await Promise.all(places.units.map((folder) => lookAtUnits(folder, namesIn)));
  const inFolders = await Promise.all(
    places.cronDirectories.map(async (folder) => (await namesIn(folder)).map((name) => join(folder, name))),
  );
  const crontabs = [...places.crontabs, ...inFolders.flat()];
  const cron = await Promise.all(
    crontabs.map(async (path) => {
      const text = await lookAtText(path);
      // One spool lies in a directory of the other.
      if (text.kind === "unseen" && !text.reason.startsWith("EISDIR"))
        unread.push(`not looked at: ${text.reason}`);
      return findCronEntries(path, seenOrNull(text) ?? "");
    }),
  );
  const containers = await lookAtContainers(places.containers, await namesIn(places.containers), root);
  return {
    hasSystemd: existsSync(places.systemd),
    units: units.flat(),
    cron: cron.flat(),
    containers,
    unread,
  };
}

type NamesIn = (path: string) => Promise<readonly string[]>;

const UNIT = /^spiral.*\.(?:service|timer|path|socket)$/;
/** Directories of links by which a unit is started. */
const STARTS = /\.(?:wants|requires|upholds)$/;

async function lookAtUnits(folder: string, namesIn: NamesIn): Promise<readonly UnitFile[]> {
  const names = await namesIn(folder);
  const links = await Promise.all(
    names.filter((name) => STARTS.test(name)).map((name) => namesIn(join(folder, name))),
  );
  const enabled = new Set(links.flat());
  const found = names.filter((name) => UNIT.test(name));
  return Promise.all(
    found.map(async (name): Promise<UnitFile> => {
      const path = join(folder, name);
      const settings = parseUnit(seenOrNull(await lookAtText(path)) ?? "");
      return { name, path, isEnabled: enabled.has(name), settings };
    }),
  );
}

/** `Key=value` lines of a unit file. */
export function parseUnit(text: string): Readonly<Record<string, string>> {
  const pairs = text.split("\n").flatMap((line) => {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}

/** Words of the scripts that kept the earlier spiral alive. */
const GUARDIANS = /\b(spiral|guardian(?:\.sh)?|refill(?:\.sh)?|saturator|keepalive(?:\.py)?)\b/;

export function findCronEntries(path: string, text: string): readonly CronEntry[] {
  return text.split("\n").flatMap((each, index) => {
    const word = /^\s*#/.test(each) ? undefined : GUARDIANS.exec(each)?.[1];
    return word === undefined ? [] : [{ path, line: index + 1, word }];
  });
}

async function lookAtContainers(
  folder: string,
  ids: readonly string[],
  root: string,
): Promise<readonly Container[]> {
  const found = await Promise.all(
    ids.map(async (id) => {
      const host = seenOrNull(await lookAtText(join(folder, id, "hostconfig.json")));
      return host === null ? null : restartingContainer(id, host, root);
    }),
  );
  return found.filter((container) => container !== null);
}

const ID_SHOWN = 12;

/** A container of Docker that its runtime restarts and that has the root mounted; null for any other. */
export function restartingContainer(id: string, hostConfig: string, root: string): Container | null {
  const host = parseObject(hostConfig);
  const policy = isJsonObject(host["RestartPolicy"]) ? host["RestartPolicy"]["Name"] : undefined;
  const binds = Array.isArray(host["Binds"]) ? host["Binds"] : [];
  const hasRoot = binds.some((bind) => typeof bind === "string" && isWithin(root, bind.split(":")[0] ?? ""));
  if (typeof policy !== "string" || ["", "no"].includes(policy) || !hasRoot) return null;
  return { name: id.slice(0, ID_SHOWN), policy };
}

function isWithin(root: string, mounted: string): boolean {
  return (
    mounted === root || mounted.startsWith(`${root}/`) || root.startsWith(`${mounted.replace(/\/$/, "")}/`)
  );
}

function parseObject(text: string): { readonly [key: string]: Json } {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

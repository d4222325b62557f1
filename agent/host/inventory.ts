/**
 * Inventory: what this box is made of, asked once at start. Only here is `systeminformation` used, because it
 * starts programs and blocks for many milliseconds; its `graphics()` may block for ever and is never called.
 * Each part that fails or comes too late is null and is not asked again.
 */
import { cpu, fsSize, networkInterfaces, osInfo } from "systeminformation";
import { askWithin } from "./deadline.ts";

export interface HostInventory {
  readonly os: { readonly name: string; readonly kernel: string; readonly arch: string } | null;
  readonly cpu: { readonly model: string; readonly cores: number; readonly physicalCores: number } | null;
  readonly disks: readonly Disk[] | null;
  readonly network: readonly NetworkInterface[] | null;
}

export interface Disk {
  readonly mount: string;
  readonly type: string;
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface NetworkInterface {
  readonly name: string;
  readonly address: string | null;
  /** Megabits per second; null where the link does not say. */
  readonly speedMbit: number | null;
  readonly isUp: boolean;
}

/** Longer than any healthy box needs; a network mount that hangs must not keep the agent from starting. */
const DEADLINE_MS = 5_000;
const MAX_ROWS = 64;

/** Where the parts come from; tests give their own. */
export interface InventorySource {
  readonly os: () => Promise<HostInventory["os"]>;
  readonly cpu: () => Promise<HostInventory["cpu"]>;
  readonly disks: () => Promise<readonly Disk[]>;
  readonly network: () => Promise<readonly NetworkInterface[]>;
}

export async function readInventory(
  source: InventorySource = SYSTEM_SOURCE,
  deadlineMs = DEADLINE_MS,
): Promise<HostInventory> {
  const part = async <T>(ask: () => Promise<T>): Promise<T | null> => {
    try {
      const answer = await askWithin({ deadlineMs }, ask);
      return answer.kind === "answered" ? answer.value : null;
    } catch {
      // A box without `df` or `ip`: unknown, and nothing depends on it.
      return null;
    }
  };
  const [os, processor, disks, network] = await Promise.all([
    part(source.os),
    part(source.cpu),
    part(source.disks),
    part(source.network),
  ]);
  return {
    os,
    cpu: processor,
    disks: disks?.slice(0, MAX_ROWS) ?? null,
    network: network?.slice(0, MAX_ROWS) ?? null,
  };
}

const SYSTEM_SOURCE: InventorySource = {
  os: async () => {
    const { distro, release, kernel, arch } = await osInfo();
    return { name: `${distro} ${release}`.trim(), kernel, arch };
  },
  cpu: async () => {
    const { manufacturer, brand, cores, physicalCores } = await cpu();
    return { model: `${manufacturer} ${brand}`.trim(), cores, physicalCores };
  },
  disks: async () => {
    const disks = await fsSize();
    return disks.map(({ mount, type, size, available }) => ({
      mount,
      type,
      totalBytes: size,
      availableBytes: available,
    }));
  },
  network: async () => {
    const found = await networkInterfaces();
    return [found].flat().map(({ iface, ip4, ip6, speed, operstate }) => ({
      name: iface,
      address: ip4 || ip6 || null,
      speedMbit: speed !== null && speed > 0 ? speed : null,
      isUp: operstate === "up",
    }));
  },
};

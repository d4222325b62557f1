/** Looks at the cards: through the adapter that an agent would choose, by nvidia-smi -q, and on the PCI bus. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../shared/clock.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import type { AgentSettings } from "../../config.ts";
import { type Detection, detectGpu, findProgram } from "../../gpu/detect.ts";
import type { GpuCard } from "../../gpu/sensor.ts";
import type { DriverModes, GpuFacts } from "../checks/gpu.ts";
import { type Seen, seen, unseen } from "../seen.ts";
import { look } from "./files.ts";
import { parseSmiQuery, querySmi } from "./smi-query.ts";

export interface GpuLook {
  readonly settings: Pick<AgentSettings, "gpu" | "nvmlLibrary" | "nvidiaSmi">;
  readonly probePath: string;
  readonly searchPath: string;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly sysRoot: string;
}

/** Both adapters, each with the time to start its probe and to wait for the driver. */
const DETECT_DEADLINE_MS = 40_000;
const CARDS_DEADLINE_MS = 20_000;
/** The driver takes seconds to wake without persistence mode. */
const QUERY_DEADLINE_MS = 20_000;

export async function lookAtGpu(options: GpuLook): Promise<GpuFacts> {
  const { gpu } = options.settings;
  const wanted = gpu === "nvml" || gpu === "nvidia-smi" ? gpu : null;
  const pciCards = await lookAtBus(options.sysRoot);
  const detection = await look(
    () => detectGpu({ ...options, ...options.settings, wanted }),
    DETECT_DEADLINE_MS,
  );
  if (detection.kind === "unseen") {
    return { pciCards, adapter: null, tried: [detection.reason], cards: detection, modes: detection };
  }
  const { chosen, findings } = detection.value;
  const cards = await readCards(detection.value);
  const tried = findings.map(({ adapter, finding }) => `${adapter}: ${finding}`);
  return { pciCards, adapter: chosen, tried, cards, modes: await lookAtModes(options, cards) };
}

async function readCards({ sensor }: Detection): Promise<Seen<readonly GpuCard[]>> {
  if (sensor === null) return seen([]);
  const cards = await look(() => sensor.read(), CARDS_DEADLINE_MS);
  await sensor.close();
  return cards;
}

/** A driver that does not answer one question is not asked another one. */
async function lookAtModes(options: GpuLook, cards: Seen<readonly GpuCard[]>): Promise<Seen<DriverModes>> {
  if (cards.kind === "unseen") return unseen("the driver does not answer, so nvidia-smi was not asked");
  const { nvidiaSmi } = options.settings;
  const program = findProgram(nvidiaSmi, options.searchPath);
  if (program === null) return unseen(`${nvidiaSmi} is not installed`);
  const text = await look((signal) => querySmi(program, signal), QUERY_DEADLINE_MS);
  return text.kind === "unseen" ? text : seen(parseSmiQuery(text.value));
}

const NVIDIA = "0x10de";
/** Display controllers: VGA, XGA, 3D and other. */
const DISPLAY_CLASS = "0x03";

function lookAtBus(sysRoot: string): Promise<Seen<readonly string[]>> {
  const folder = join(sysRoot, "bus/pci/devices");
  return look(async () => {
    const found: string[] = [];
    for (const address of await readdir(folder)) {
      const [vendor, kind] = await Promise.all(
        ["vendor", "class"].map((file) => readFile(join(folder, address, file), "latin1")),
      );
      if (vendor?.trim() === NVIDIA && kind?.startsWith(DISPLAY_CLASS))
        found.push(`PCI ${address}: an NVIDIA GPU`);
    }
    return found;
  });
}

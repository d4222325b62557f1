/** GPU checks: whether the cards of this box can be read, and by which modes of the driver they are run. */
import type { GpuCard } from "../../gpu/sensor.ts";
import type { MemoryMode } from "../../host/memory-mode.ts";
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import { type Seen, seenOrNull } from "../seen.ts";
import { bytesText, listText, shareText } from "../words.ts";

export interface GpuFacts {
  /** NVIDIA display or 3D controllers on the PCI bus; unseen where sysfs does not show it. */
  readonly pciCards: Seen<readonly string[]>;
  /** The adapter that answers or should; null when none has anything to ask. */
  readonly adapter: "nvml" | "nvidia-smi" | null;
  /** One sentence per adapter that was tried. */
  readonly tried: readonly string[];
  readonly cards: Seen<readonly GpuCard[]>;
  readonly modes: Seen<DriverModes>;
}

/** What only `nvidia-smi -q` says; null is what it does not say. */
export interface DriverModes {
  readonly driver: string | null;
  readonly cards: readonly CardModes[];
}

export interface CardModes {
  readonly uuid: string;
  readonly name: string;
  readonly persistence: string | null;
  readonly addressing: string | null;
  readonly mig: string | null;
  /** A memory row waits for a reset to be replaced. */
  readonly remapPending: string | null;
}

export function checkDriver({ adapter, tried, cards, pciCards, modes }: GpuFacts): Finding {
  const id = "gpu.driver";
  const onBus = seenOrNull(pciCards) ?? [];
  if (adapter !== null && cards.kind === "seen" && cards.value.length > 0) {
    const driver = seenOrNull(modes)?.driver;
    const by = driver === null || driver === undefined ? "" : `, driver ${driver}`;
    return ok(id, `${adapter} reads ${listText(cards.value.map(({ reading }) => cardText(reading)))}${by}`, [
      ...cards.value.map(({ reading }) => reading.uuid),
      ...tried.slice(0, -1),
    ]);
  }
  if (adapter === null && onBus.length === 0) {
    const unknown = pciCards.kind === "unseen" ? [`PCI bus: ${pciCards.reason}`] : [];
    return note(id, "no NVIDIA GPU on this box: unless a card is simulated, only the cpu lane gets work", {
      evidence: [...tried, ...unknown],
    });
  }
  const evidence = [...onBus, ...tried, ...(cards.kind === "unseen" ? [cards.reason] : [])];
  if (adapter === null) {
    return fail(id, "the PCI bus shows an NVIDIA GPU, and no driver answers for it", {
      evidence,
      cure: "install the driver of this GPU, or load it with `sudo modprobe nvidia`; then `nvidia-smi`",
    });
  }
  return fail(id, `${adapter} is here and cannot read the cards`, {
    evidence,
    cure: "look for `NVRM` in `sudo dmesg`; a driver that hangs goes only with a reboot of the box",
  });
}

/** Cards that were named by the driver and cannot be used. */
export function checkFaults({ cards }: GpuFacts): readonly Finding[] {
  return (seenOrNull(cards) ?? [])
    .filter(({ fault }) => fault !== null)
    .map((card) =>
      fail("gpu.fault", `${cardText(card.reading)} cannot be read`, {
        evidence: [card.reading.uuid, String(card.fault)],
        cure: "drain the node; a human resets the card or reboots the box, the agent never does",
      }),
    );
}

export function checkPersistence({ modes, cards }: GpuFacts): readonly Finding[] {
  return aboutModes("gpu.persistence", "persistence mode", { modes, cards }, (all) => {
    const off = all.filter(({ persistence }) => persistence === "Disabled");
    if (off.length > 0) {
      return warn(
        "gpu.persistence",
        "persistence mode is off: the driver unloads while nobody uses the card",
        {
          evidence: [
            ...off.map(modeLine("persistence")),
            "each first question then takes seconds instead of 0.1 s",
          ],
          cure: "sudo systemctl enable --now nvidia-persistenced, or until the next boot: sudo nvidia-smi -pm 1",
        },
      );
    }
    const isKnown = all.every(({ persistence }) => persistence === "Enabled");
    return isKnown ? ok("gpu.persistence", "persistence mode is on") : null;
  });
}

export function checkMig({ modes, cards }: GpuFacts): readonly Finding[] {
  return aboutModes("gpu.mig", "MIG mode", { modes, cards }, (all) => {
    const on = all.filter(({ mig }) => mig === "Enabled");
    if (on.length > 0) {
      return note(
        "gpu.mig",
        "MIG is on: each instance is a card of its own, and its utilisation is unknown",
        {
          evidence: on.map(modeLine("mig")),
        },
      );
    }
    return ok("gpu.mig", "MIG is off");
  });
}

export function checkRemap({ modes }: GpuFacts): readonly Finding[] {
  const pending = (seenOrNull(modes)?.cards ?? []).filter(({ remapPending }) => remapPending === "Yes");
  if (pending.length === 0) return [];
  return [
    warn("gpu.remap", "a memory row waits to be replaced; work goes on until then", {
      evidence: pending.map(({ name, uuid }) => `${name} (${uuid}): remapped rows pending`),
      cure: "cordon the node, let it run empty, then reset the card: sudo nvidia-smi --gpu-reset",
    }),
  ];
}

/** From this share on, the page cache decides about gates. */
const CACHE_RATIO = 0.1;

export interface CoherenceFacts {
  readonly mode: MemoryMode;
  /** `Addressing Mode` of the cards, as the driver calls it. */
  readonly addressing: readonly string[];
  /** Memory nodes without processors, the cards' HBM. */
  readonly hbm: readonly {
    readonly node: number;
    readonly totalBytes: number;
    readonly reclaimableBytes: number;
  }[];
}

const BIND = "load models with `numactl --membind=0` or turn on CDMM (NVreg_CoherentGPUMemoryMode=driver)";

/** Where a coherent card's memory is accounted, and what that does to its figures. */
export function checkAddressing({ mode, addressing, hbm }: CoherenceFacts): Finding {
  const id = "gpu.addressing";
  const said = addressing.map((word) => `Addressing Mode: ${word}`);
  if (mode === "ordinary") return ok(id, "the driver accounts for the cards' memory", said);
  if (mode === "cdmm") return ok(id, "coherent memory in CDMM mode: the driver accounts for it", said);
  const full = hbm.filter(({ totalBytes, reclaimableBytes }) => reclaimableBytes >= totalBytes * CACHE_RATIO);
  const evidence = hbm.map(
    ({ node, totalBytes, reclaimableBytes }) =>
      `NUMA node ${node}: ${bytesText(totalBytes)}, page cache ${bytesText(reclaimableBytes)}`,
  );
  if (full.length === 0) {
    return note(id, "coherent memory in NUMA mode: the kernel may put pages of anybody into VRAM", {
      evidence: [...said, ...evidence, "the agent leaves page cache out of used VRAM"],
      cure: BIND,
    });
  }
  const worst = Math.max(...full.map(({ totalBytes, reclaimableBytes }) => reclaimableBytes / totalBytes));
  return warn(id, `page cache fills ${shareText(worst)} of a card's memory; other programs see it as used`, {
    evidence: [...said, ...evidence],
    cure: `sudo sh -c 'echo 1 > /proc/sys/vm/drop_caches'; to keep it away, ${BIND}`,
  });
}

/** A judgement of modes, one note where they are unknown, nothing where there is no card. */
function aboutModes(
  id: Finding["id"],
  what: string,
  { modes, cards }: Pick<GpuFacts, "modes" | "cards">,
  judge: (all: readonly CardModes[]) => Finding | null,
): readonly Finding[] {
  if ((seenOrNull(cards) ?? []).length === 0) return [];
  const reason = modes.kind === "unseen" ? modes.reason : "nvidia-smi does not say";
  const all = seenOrNull(modes)?.cards ?? [];
  const finding = all.length === 0 ? null : judge(all);
  return [finding ?? note(id, `${what} is unknown`, { evidence: [reason] })];
}

function modeLine(field: "persistence" | "mig"): (card: CardModes) => string {
  return (card) => `${card.name} (${card.uuid}): ${card[field]}`;
}

/** A card as its size tells it: one of this box, or one that an agent says it has. */
export interface CardSize {
  readonly uuid: string;
  readonly name: string;
  readonly totalBytes: number;
}

export function cardText({ name, totalBytes }: CardSize): string {
  return `${name} with ${bytesText(totalBytes)}`;
}

import { describe, expect, it } from "vitest";
import { AttemptProcesses } from "./attempt-processes.ts";
import type { ProcessStat, ProcessTable } from "./proc.ts";
import { sweepDriver } from "./resources/resource-driver.ts";

const ENVIRON = "SPIRAL_ATTEMPT_DIR=/a/1";
const JOB = { pid: 100, startTicks: 5000 };
const SHIM = { pid: 99, startTicks: 4999 };

interface Row extends ProcessStat {
  readonly environ: string;
}

function row(pid: number, changes: Partial<Row> = {}): Row {
  const base = { pid, startTicks: 6000, state: "S", ppid: 1, group: pid, session: pid, cpuMs: 0 };
  return { ...base, environ: "", ...changes };
}

/** A process table that is a list, and remembers who was signalled. */
class FakeProcessTable implements ProcessTable {
  readonly signalled: string[] = [];
  rows: readonly Row[];
  constructor(rows: readonly Row[]) {
    this.rows = rows;
  }
  pids(): readonly number[] {
    return this.rows.map(({ pid }) => pid);
  }
  list(): readonly Row[] {
    return this.rows;
  }
  stat(pid: number): Row | null {
    return this.rows.find((each) => each.pid === pid) ?? null;
  }
  hasEnviron(pid: number, entry: string): boolean {
    return this.stat(pid)?.environ === entry;
  }
  rssBytes(): number | null {
    return null;
  }
  signal(pid: number, signal: NodeJS.Signals): boolean {
    this.signalled.push(`${signal} ${pid}`);
    return true;
  }
}

const job = row(JOB.pid, { ...JOB, ppid: SHIM.pid, environ: ENVIRON });
const shim = row(SHIM.pid, { ...SHIM, environ: ENVIRON });

async function membersOf(
  rows: readonly Row[],
  processes: typeof MARK.processes | null = MARK.processes,
): Promise<number[]> {
  const table = new FakeProcessTable(rows);
  return pidsOf(new AttemptProcesses(table, { processes, environ: ENVIRON }, NO_LEAF));
}

async function pidsOf(processes: AttemptProcesses): Promise<number[]> {
  return (await processes.members()).map((stat) => stat.pid);
}

const NO_LEAF = sweepDriver.open(1);
const MARK = { processes: { job: JOB, shim: SHIM }, environ: ENVIRON };

describe("members", () => {
  it.each<{ name: string; other: Row; isMember: boolean }>([
    { name: "a process of the job's session", other: row(101, { session: 100 }), isMember: true },
    { name: "an escapee that carries the mark", other: row(102, { environ: ENVIRON }), isMember: true },
    {
      name: "an escapee without the mark whose parent is a member",
      other: row(103, { ppid: 100 }),
      isMember: true,
    },
    { name: "a zombie", other: row(104, { session: 100, state: "Z" }), isMember: false },
    { name: "a stranger", other: row(105), isMember: false },
    { name: "a process of another attempt", other: row(106, { environ: `${ENVIRON}1` }), isMember: false },
    {
      name: "the shim's sleep, marked like all the shim's children",
      other: row(107, { session: SHIM.pid, environ: ENVIRON }),
      isMember: false,
    },
    {
      name: "a process older than the job, whatever it claims",
      other: row(108, { environ: ENVIRON, startTicks: 4000 }),
      isMember: false,
    },
  ])("judges $name", async ({ other, isMember }) => {
    expect(await membersOf([shim, job, other])).toEqual(isMember ? [100, other.pid] : [100]);
  });

  it("leaves a whole session alone whose number has been reused since the job ended", async () => {
    const stranger = row(JOB.pid, { startTicks: 7000 });
    const child = row(110, { session: JOB.pid, ppid: JOB.pid, startTicks: 7001 });
    expect(await membersOf([shim, stranger, child])).toEqual([]);
  });

  it("still finds the session when its leader is gone", async () => {
    expect(await membersOf([shim, row(111, { session: JOB.pid })])).toEqual([111]);
  });

  it("takes everything marked, the shim too, when the pids were never recorded", async () => {
    expect(await membersOf([shim, job, row(112)], null)).toEqual([SHIM.pid, JOB.pid]);
  });

  it("remembers a member that loses its last tie", async () => {
    const escapee = row(113, { ppid: JOB.pid });
    const table = new FakeProcessTable([shim, job, escapee]);
    const processes = new AttemptProcesses(table, MARK, NO_LEAF);
    await processes.members();
    table.rows = [shim, { ...escapee, ppid: 1 }];
    expect(await pidsOf(processes)).toEqual([113]);
    table.rows = [shim, { ...escapee, ppid: 1, startTicks: 9000 }];
    expect(await processes.members()).toEqual([]);
  });
});

describe("signal", () => {
  it("signals the job's group once and every member outside it", async () => {
    const inside = row(120, { session: 100, group: 100 });
    const outside = row(121, { session: 100, group: 121 });
    const table = new FakeProcessTable([shim, job, inside, outside, row(122)]);
    await new AttemptProcesses(table, MARK, NO_LEAF).signal("SIGTERM");
    expect(table.signalled).toEqual(["SIGTERM -100", "SIGTERM 121"]);
  });

  it("reaches a job that has not left the shim's session yet, and not the shim", async () => {
    const young = { ...job, session: SHIM.pid, group: SHIM.pid };
    const table = new FakeProcessTable([shim, young]);
    await new AttemptProcesses(table, MARK, NO_LEAF).signal("SIGTERM");
    expect(table.signalled).toEqual([`SIGTERM ${JOB.pid}`]);
  });

  it("signals nobody when the job's number belongs to somebody else", async () => {
    const table = new FakeProcessTable([row(JOB.pid, { startTicks: 7000 }), row(123)]);
    await new AttemptProcesses(table, MARK, NO_LEAF).signal("SIGKILL");
    expect(table.signalled).toEqual([]);
  });
});

describe("with a leaf that knows its members", () => {
  const inside = row(130, { session: 130, ppid: 1 });
  const outside = row(131, { session: JOB.pid });

  it("believes it alone: a process in it belongs whatever it looks like, one outside does not", async () => {
    const leaf = { members: () => [JOB.pid, 130], kill: () => {} };
    const table = new FakeProcessTable([shim, job, inside, outside]);
    expect(await pidsOf(new AttemptProcesses(table, MARK, leaf))).toEqual([JOB.pid, 130]);
  });

  it("searches too when nobody knows the shim, which is not in it", async () => {
    const leaf = { members: () => [130], kill: () => {} };
    const table = new FakeProcessTable([shim, inside]);
    const mark = { processes: null, environ: ENVIRON };
    expect(await pidsOf(new AttemptProcesses(table, mark, leaf))).toEqual([130, SHIM.pid]);
  });

  it("kills through it and one by one, and only when killing is meant", async () => {
    const table = new FakeProcessTable([shim, inside]);
    const leaf = { members: () => [130], kill: () => table.signalled.push("leaf") };
    const processes = new AttemptProcesses(table, MARK, leaf);
    await processes.signal("SIGTERM");
    await processes.signal("SIGKILL");
    expect(table.signalled).toEqual(["SIGTERM 130", "leaf", "SIGKILL 130"]);
  });
});

/** Every promise that is watched. A new checker is a file beside this one and a line here. */
import type { Checker } from "../checker.ts";
import { acknowledged } from "./acknowledged.ts";
import { attempts } from "./attempts.ts";
import { campaigns } from "./campaigns.ts";
import { cordons } from "./cordons.ts";
import { dependencies } from "./dependencies.ts";
import { downInTime, downLatch } from "./down.ts";
import { durableFirst } from "./durable-first.ts";
import { expiry } from "./expiry.ts";
import { fencedOutputs } from "./fenced-outputs.ts";
import { grants } from "./grants.ts";
import { ledger } from "./ledger.ts";
import { liveness } from "./liveness.ts";
import { oneProcess } from "./one-process.ts";
import { panic } from "./panic.ts";
import { preemption } from "./preemption.ts";
import { replay } from "./replay.ts";
import { rollback } from "./rollback.ts";
import { tokens } from "./tokens.ts";

export const CHECKERS: readonly Checker[] = [
  tokens,
  oneProcess,
  fencedOutputs,
  acknowledged,
  durableFirst,
  replay,
  grants,
  cordons,
  dependencies,
  panic,
  rollback,
  campaigns,
  preemption,
  attempts,
  expiry,
  ledger,
  downLatch,
  downInTime,
  liveness,
];

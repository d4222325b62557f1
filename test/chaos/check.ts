/**
 * Check: whether a history keeps every promise. Pure, and linear in the history but for the few downs; the journal's
 * order is taken as the order in which things happened, as clients saw nothing that contradicts it.
 */
import {
  everyJobIsKept,
  everyKeyIsOneJob,
  journalFollowsTime,
  journalHasNoHole,
  totalsAgree,
} from "./checks/acknowledged.ts";
import { downKeepsItsBound, nothingGrantedWhileDown, nothingStartsWhileDown } from "./checks/down.ts";
import {
  endedOnce,
  noBlameWithoutCause,
  noProcessWithoutLease,
  oneProcessAJob,
  tokensFence,
} from "./checks/executions.ts";
import { outputsAreOfTheAcceptedToken, publishedOnce, rendersAreThePublished } from "./checks/published.ts";
import type { Check, History, Violation } from "./history.ts";

const CHECKS: readonly Check[] = [
  everyJobIsKept,
  everyKeyIsOneJob,
  journalFollowsTime,
  journalHasNoHole,
  totalsAgree,
  oneProcessAJob,
  noProcessWithoutLease,
  endedOnce,
  tokensFence,
  noBlameWithoutCause,
  publishedOnce,
  rendersAreThePublished,
  outputsAreOfTheAcceptedToken,
  nothingGrantedWhileDown,
  nothingStartsWhileDown,
  downKeepsItsBound,
];

export function checkHistory(history: History): readonly Violation[] {
  return CHECKS.flatMap((check) => check(history));
}

/**
 * Words: enums of the wire and the unions of the model, one table for both directions. The types spell the
 * wire word of each member, so a member that exists on one side only fails to compile.
 */
import { CARD_STANDINGS } from "../model/health.ts";
import { ATTEMPT_OUTCOMES, DESIRED_STATES, JOB_KINDS, ON_HUB_LOSS } from "../model/job.ts";
import { LANES, PRIORITIES } from "../model/priority.ts";
import { invalid } from "./values.ts";

type Snake<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Snake<Tail>}`
  : Text;

/** "own-failure" with the prefix OUTCOME is OUTCOME_OWN_FAILURE. */
export type WireWord<Prefix extends string, Word extends string> = `${Prefix}_${Uppercase<Snake<Word>>}`;

export interface Words<Prefix extends string, Word extends string> {
  encode<Member extends Word>(word: Member): WireWord<Prefix, Member>;
  /** Refuses the unspecified member and every word or number that this version does not know. */
  decode(value: string | number, field: string): Word;
}

export function createWords<Prefix extends string, Word extends string>(
  prefix: Prefix,
  words: readonly Word[],
): Words<Prefix, Word> {
  const wireOf = new Map<string, string>();
  const wordOf = new Map<string | number, Word>();
  for (const word of words) {
    const wire = `${prefix}_${word.replaceAll("-", "_").toUpperCase()}`;
    wireOf.set(word, wire);
    wordOf.set(wire, word);
  }
  const choices = words.join(", ");
  return {
    encode: <Member extends Word>(word: Member) => wireOf.get(word) as WireWord<Prefix, Member>,
    decode: (value, field) => {
      const word = wordOf.get(value);
      if (word === undefined) throw invalid(field, `must be one of ${choices}`);
      return word;
    },
  };
}

export const priorityWords = createWords("PRIORITY", PRIORITIES);
export const laneWords = createWords("LANE", LANES);
export const kindWords = createWords("JOB_KIND", JOB_KINDS);
export const hubLossWords = createWords("ON_HUB_LOSS", ON_HUB_LOSS);
export const desiredWords = createWords("DESIRED_STATE", DESIRED_STATES);
export const outcomeWords = createWords("OUTCOME", ATTEMPT_OUTCOMES);
export const inventoryWords = createWords("STATE", ["running", "completing"]);
export const standingWords = createWords("LEVEL", CARD_STANDINGS);
export const completionWords = createWords("STATUS", ["accepted", "stale", "unstaged"]);

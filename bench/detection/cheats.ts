// Stores that cheat: each keeps 99 of 100 leaves and does what it can not to be asked for the hundredth. Against
// the shipped schedule each is found within a day; against the broken auditor that it is made for it never is.
import { DAY_MS, KIB, MINUTE_MS, type Random } from '@kura/base';
import { answerWithinMs } from '@kura/coordinator/audit/plan/budget.ts';
import {
  isTooMuch,
  type Memory,
  NEW_MEMORY,
  nextStep,
  remember,
} from '@kura/coordinator/audit/plan/classes.ts';
import type { AuditorKind, SimulatedAuditor } from './auditors.ts';
import { daysUntilAsked, LostLeaves, type SimulatedStore } from './losses.ts';

export interface Cheat {
  readonly name: string;
  /** The broken auditor that it is made for. */
  readonly canary: AuditorKind;
  /** Days until it is found, from day 1 on; undefined: not within two days. */
  readonly play: (
    auditor: SimulatedAuditor,
    store: SimulatedStore,
    random: Random,
  ) => number | undefined;
}

const LIMIT_DAYS = 2;
const AT = 1;
const SHARE = 0.01;
const LEAF_BYTES = 64 * KIB;
const LINE_MBIT = 100;
/** What a leaf costs that is not on the spot: an archive, a tape, a favour. */
const FETCH_MS = 30 * MINUTE_MS;

/** Throws away what it will not be asked for, as far as it can know. */
function throwsAwayWhatIsNotAsked(
  auditor: SimulatedAuditor,
  store: SimulatedStore,
  random: Random,
): number | undefined {
  const lost = new LostLeaves(store, SHARE, random);
  const known = [0, 1, 2].map((more) => {
    return auditor.foreseen(AT + more, store.storeId, store.leafCount);
  });
  const kept = { has: (leaf: number) => lost.has(leaf) && !known.some((day) => day?.has(leaf)) };
  return daysUntilAsked(auditor, store, { lost: kept, at: AT, limitDays: LIMIT_DAYS });
}

/** Has nothing there, and brings what is asked for from elsewhere; asked again, it has it. */
function answersFromElsewhere(
  auditor: SimulatedAuditor,
  store: SimulatedStore,
): number | undefined {
  let memory: Memory = NEW_MEMORY;
  for (let day = AT; day < AT + LIMIT_DAYS; day++) {
    for (const { moment, leaves } of auditor.questions(day, store.storeId, store.leafCount)) {
      let atMs = (day + moment - AT) * DAY_MS;
      let waitedMs = 0;
      for (let excuses = 0; ; excuses++) {
        const takesMs = Math.max(0, FETCH_MS - waitedMs);
        const within = auditor.withinMs(answerWithinMs(leaves.length * LEAF_BYTES, LINE_MBIT));
        const seen = takesMs > within ? 'late' : 'ok';
        const before = memory;
        memory = remember(memory, seen);
        const next = nextStep(seen, excuses);
        if (next.step === 'report' || isTooMuch(before, memory)) return atMs / DAY_MS;
        if (next.step === 'accept') break;
        atMs += next.waitMs;
        waitedMs += next.waitMs;
      }
    }
  }
  return undefined;
}

export const CHEATS: readonly Cheat[] = [
  { name: 'learns what is asked', canary: 'repeats', play: throwsAwayWhatIsNotAsked },
  { name: 'knows the seeds of tomorrow', canary: 'predictable', play: throwsAwayWhatIsNotAsked },
  { name: 'answers from elsewhere', canary: 'patient', play: answersFromElsewhere },
];

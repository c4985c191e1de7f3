// A question for random leaves, put to a store: its answer has to be its own, to this question, in time, and each
// leaf has to lead to the root that the store acknowledged.
import { type Random, type StoreId, toHex } from '@kura/base';
import {
  type AuditedStore,
  encodeLeafChallenge,
  isEntrustedLeaf,
  type LeafAnswer,
  type LeafChallenge,
  openLeafAnswer,
} from '@kura/contract';
import { type Fault, faultOf } from './fault-class.ts';
import type { CopyToAudit, Outcome } from './outcome.ts';
import { answerWithinMs } from './plan/budget.ts';
import type { AuditClass } from './plan/classes.ts';

const CHALLENGE_ID_BYTES = 16;

export interface LeafOfCopy {
  readonly copy: CopyToAudit;
  readonly leaf: number;
}

export interface AskedStore {
  readonly storeId: StoreId;
  /** Ed25519, as the directory has it. */
  readonly publicKey: Uint8Array;
  readonly lineMbit: number | undefined;
}

export interface AskParts {
  readonly port: AuditedStore;
  readonly leafBytes: number;
  readonly nowMs: () => number;
  readonly random: Random;
}

export interface LeavesAsked {
  /** Of the whole question: the worst of its leaves, or why there was no answer. */
  readonly class: AuditClass;
  readonly why: string;
  readonly lineBytes: number;
  /** Of leaves that are not as they should be; with an answer that counts as none it is empty. */
  readonly outcomes: readonly Outcome[];
}

/** Never throws for what a store does. */
export async function askLeaves(
  asked: readonly LeafOfCopy[],
  store: AskedStore,
  { port, leafBytes, nowMs, random }: AskParts,
): Promise<LeavesAsked> {
  const issuedMs = nowMs();
  const challenge: LeafChallenge = {
    challengeId: toHex(random.bytes(CHALLENGE_ID_BYTES)),
    storeId: store.storeId,
    issuedMs,
    deadlineMs: issuedMs + answerWithinMs(asked.length * leafBytes, store.lineMbit),
    leaves: asked.map(({ copy, leaf }) => ({ copyId: copy.copyId, leaf })),
  };
  const right = new Set<number>();
  let lineBytes = 0;
  let answer: LeafAnswer;
  try {
    answer = await port.answerLeaves(challenge, async ({ index, bytes, path }) => {
      lineBytes += bytes.length;
      const one = asked[index];
      if (one === undefined) return;
      if (isEntrustedLeaf({ bytes, path }, one.leaf, one.copy)) right.add(index);
    });
  } catch (error) {
    return { ...faultOf(error), lineBytes, outcomes: [] };
  }
  const answeredMs = nowMs();
  const opened = openAnswer(answer, challenge, store);
  if ('class' in opened) return { ...opened, lineBytes, outcomes: [] };
  const evidence = { challenge: encodeLeafChallenge(challenge), answer: opened.signed };
  const outcomes = asked.flatMap((one, index): Outcome[] => {
    const item = opened.items[index];
    if (item?.state === 'read' && right.has(index)) return [];
    const seen = item?.state === 'missing' || item?.state === 'unreadable' ? item.state : 'wrong';
    const why = item?.errno === undefined ? WHY[seen] : `${WHY[seen]} (${item.errno})`;
    return [
      {
        ...{ copy: one.copy, source: 'leaves', class: seen, why, ...evidence },
        ...{ findings: [{ leaf: one.leaf }], lineBytes: 0, readBytes: 0, isWhole: false },
      },
    ];
  });
  const all = worstOf(outcomes);
  if (all.class === 'ok' && answeredMs > challenge.deadlineMs) {
    const seconds = Math.ceil((answeredMs - issuedMs) / 1000);
    return { class: 'late', why: `it took ${seconds} s to answer`, lineBytes, outcomes };
  }
  return { ...all, lineBytes, outcomes };
}

/** Of a question as a whole, by those of its leaves that are not as they should be. */
export function worstOf(outcomes: readonly Outcome[]): Fault {
  const worst = outcomes.find((outcome) => outcome.class === 'wrong') ?? outcomes[0];
  return worst === undefined ? { class: 'ok', why: '' } : { class: worst.class, why: worst.why };
}

const WHY = {
  wrong: 'the leaf does not lead to the root',
  missing: 'the store says that it has no such copy',
  unreadable: 'the medium of the store fails',
} as const;

function openAnswer(
  { signed }: LeafAnswer,
  challenge: LeafChallenge,
  { storeId, publicKey }: AskedStore,
): LeafAnswer | Fault {
  try {
    return openLeafAnswer(signed, { challenge, storeId, storeKey: publicKey });
  } catch (error) {
    return faultOf(error);
  }
}

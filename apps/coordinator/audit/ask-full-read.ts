// A full read: the store is sent the key of a pair and answers the tag over all of its copy. Sixteen bytes over
// the line, and nobody knows them without every byte.
import { equalBytes, toHex } from '@kura/base';
import {
  encodeFullReadChallenge,
  type FullReadAnswer,
  type FullReadChallenge,
  openFullReadAnswer,
} from '@kura/contract';
import type { AskedStore, AskParts } from './ask-leaves.ts';
import { type Fault, faultOf } from './fault-class.ts';
import type { CopyToAudit, Outcome } from './outcome.ts';
import { hashOfAnswer, type MadePair, pairKey } from './pairs.ts';
import { readWithinMs } from './plan/budget.ts';

const CHALLENGE_ID_BYTES = 16;
const SOURCE = 'full-read';

export interface FullRead {
  readonly copy: CopyToAudit;
  /** Spent before it is sent. */
  readonly pair: MadePair;
  readonly auditSecret: Uint8Array;
}

/** Never throws for what a store does. */
export async function askFullRead(
  { copy, pair, auditSecret }: FullRead,
  store: AskedStore,
  { port, leafBytes, nowMs, random }: AskParts,
): Promise<Outcome> {
  const challenge: FullReadChallenge = {
    challengeId: toHex(random.bytes(CHALLENGE_ID_BYTES)),
    ...{ storeId: store.storeId, copyId: copy.copyId },
    ...pairKey(auditSecret, pair.pairId),
  };
  const sizeBytes = copy.leafCount * leafBytes;
  const askedMs = nowMs();
  const seen = await answerOf(challenge, port);
  const judged = seen instanceof Uint8Array ? judge(seen, { challenge, pair, store }) : seen;
  const isLate = judged.class === 'ok' && nowMs() - askedMs > readWithinMs(sizeBytes);
  return {
    ...{ copy, source: SOURCE, findings: [], lineBytes: 0, readBytes: sizeBytes, isWhole: true },
    ...{ challenge: encodeFullReadChallenge(challenge), tagHash: pair.answerHash, ...judged },
    ...(isLate ? { class: 'late', why: 'it took too long to read its copy' } : {}),
  };
}

async function answerOf(
  challenge: FullReadChallenge,
  port: AskParts['port'],
): Promise<Uint8Array | Fault> {
  try {
    return (await port.answerFullRead(challenge)).signed;
  } catch (error) {
    return faultOf(error);
  }
}

interface Judging {
  readonly challenge: FullReadChallenge;
  readonly pair: MadePair;
  readonly store: AskedStore;
}

function judge(
  signed: Uint8Array,
  { challenge, pair, store: { storeId, publicKey } }: Judging,
): Pick<Outcome, 'class' | 'why' | 'answer'> {
  let answer: FullReadAnswer;
  try {
    answer = openFullReadAnswer(signed, { challenge, storeId, storeKey: publicKey });
  } catch (error) {
    return faultOf(error);
  }
  const { state, tag, errno } = answer;
  const kept = { answer: signed };
  if (state === 'missing') {
    return { class: 'missing', why: 'the store says that it has no such copy', ...kept };
  }
  if (state === 'unreadable') {
    const said = errno === undefined ? '' : ` (${errno})`;
    return { class: 'unreadable', why: `the medium of the store fails${said}`, ...kept };
  }
  const isRight = tag !== undefined && equalBytes(hashOfAnswer(tag), pair.answerHash);
  if (isRight) return { class: 'ok', why: 'it has read every byte' };
  return { class: 'wrong', why: 'what it read is not what was entrusted', ...kept };
}

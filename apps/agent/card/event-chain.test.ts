// Goal: a card that has some of a member's events of custody finds out a network that leaves one out, or tells another
// story than last time (A16).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, memberId, must, toHex } from '@kura/base';
import type { LoggedCustodyEvent } from '@kura/contract';
import { formatEvent, parseCustodyRecord, recordEntryHash } from '@kura/log';
import { checkChain, keptEvent } from './event-chain.ts';

const MEMBER = memberId('ab'.repeat(16));

/** As a network's log has them; `statement` makes two of the same number different. */
function chain(count: number, statement = '11'): readonly LoggedCustodyEvent[] {
  let previous: string | null = null;
  return Array.from({ length: count }, (_, index): LoggedCustodyEvent => {
    const salt = index.toString(16).padStart(64, '0');
    const subject = { statement: statement.repeat(32) };
    const head = { memberId: MEMBER, timeMs: 1000 + index, previous, salt };
    const body = formatEvent({ ...head, event: 'settled', subject });
    previous = toHex(recordEntryHash(body, parseCustodyRecord(body)));
    const proof = { leafIndex: index, inclusionProof: [], checkpoint: '', witnessed: false };
    const receipt = { body, ...proof };
    return { number: index + 1, event: 'settled', about: 'a month', timeMs: 1000 + index, receipt };
  });
}

const isGap = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused' && error.context.reason === 'chain';

describe('A16: the events on a card', () => {
  const all = chain(6).map(keptEvent);

  it('follow each other, from the first one or from the last that is kept', () => {
    checkChain(undefined, all);
    checkChain(all[2], all.slice(3));
    checkChain(all[5], []);
  });

  it('are refused where one is left out, repeated, or at a beginning that is none', () => {
    assert.throws(() => checkChain(undefined, [...all.slice(0, 2), ...all.slice(3)]), isGap);
    assert.throws(() => checkChain(all[2], all.slice(2)), isGap);
    assert.throws(() => checkChain(undefined, all.slice(1)), isGap);
  });

  it('are refused if the network tells another story than it told this card', () => {
    const other = chain(6, '22').map(keptEvent);
    checkChain(undefined, other);
    assert.throws(() => checkChain(all[2], other.slice(3)), isGap);
    const numbered = { ...must(other[3], 'the fourth'), event: 4 };
    assert.throws(() => checkChain(all[2], [numbered]), isGap);
  });
});

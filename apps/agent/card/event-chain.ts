// Events of custody as a card keeps them: each names the one before, so a network that leaves one out, or tells
// another story than last time, is found out by the card that has the ones before.
import { KuraError, must, toHex } from '@kura/base';
import type { LoggedCustodyEvent } from '@kura/contract';
import { parseCustodyRecord, parseEvent, recordEntryHash } from '@kura/log';
import type { KeptReceipt } from './card-log.ts';

export function keptEvent({ number, timeMs, receipt }: LoggedCustodyEvent): KeptReceipt {
  return { snapshotId: undefined, event: number, timeMs, receipt };
}

/**
 * `before`: the newest that is kept; undefined: none. Throws `refused` unless each of `events` follows the one
 * before it.
 */
export function checkChain(before: KeptReceipt | undefined, events: readonly KeptReceipt[]): void {
  let last = before;
  for (const kept of events) {
    const number = must(kept.event, 'an event has its number');
    const { previous } = parseEvent(kept.receipt.body);
    const expected = last === undefined ? null : entryHashOf(last.receipt.body);
    if (number !== (last?.event ?? 0) + 1 || previous !== expected) throw gapAt(number);
    last = kept;
  }
}

function entryHashOf(body: string): string {
  return toHex(recordEntryHash(body, parseCustodyRecord(body)));
}

function gapAt(number: number): KuraError {
  return new KuraError('refused', `event ${number} of custody does not follow the one before it`, {
    guidance:
      'The network has left one out or changed one. Keep this card: it proves what was told before.',
    context: { reason: 'chain', number },
  });
}

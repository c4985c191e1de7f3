// What one leaf of the log says, in either of its forms: the receipt of a snapshot, or another event of custody.
import { fromHex, KuraError, type MemberId, type SnapshotId } from '@kura/base';
import type { AcceptedSubject } from './accepted.ts';
import { parseCanonicalJson } from './canonical-json.ts';
import { type CustodyEvent, EVENT_KIND, MAX_EVENT_BYTES, parseEvent } from './events.ts';
import { hashEntry } from './hash.ts';
import { parseReceiptBody, RECEIPT_KIND, type ReceiptBody, receiptLeaf } from './receipts.ts';

export type CustodyRecord =
  | { readonly kind: 'snapshot'; readonly receipt: ReceiptBody }
  | { readonly kind: 'event'; readonly event: CustodyEvent };

/** Throws `refused` unless it is one of the two, written in the canonical way. */
export function parseCustodyRecord(body: string): CustodyRecord {
  if (body.length > MAX_EVENT_BYTES) {
    throw new KuraError('refused', 'the receipt is refused: it is too long');
  }
  const value = parseCanonicalJson(body, 'receipt');
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : null;
  if (kind === RECEIPT_KIND) return { kind: 'snapshot', receipt: parseReceiptBody(body) };
  if (kind === EVENT_KIND) return { kind: 'event', event: parseEvent(body) };
  throw new KuraError('refused', 'the receipt is refused: it is of an unknown kind');
}

interface RecordHead {
  readonly memberId: MemberId;
  readonly timeMs: number;
  /** Hex. */
  readonly salt: string;
}

export function headOfRecord(record: CustodyRecord): RecordHead {
  return record.kind === 'snapshot' ? record.receipt : record.event;
}

/** What the tree has of it: RFC 6962's hash of H(salt ‖ body). */
export function recordEntryHash(body: string, record: CustodyRecord): Uint8Array {
  return hashEntry(receiptLeaf(body, fromHex(headOfRecord(record).salt)));
}

/** Which snapshot it accepts; undefined for every other event. */
export function snapshotOf(record: CustodyRecord): SnapshotId | undefined {
  if (record.kind === 'snapshot') return record.receipt.snapshotId;
  return record.event.event === 'accepted' ? record.event.subject.snapshotId : undefined;
}

/** "snapshot" or the event's name: one word for lists. */
export function nameOfRecord(record: CustodyRecord): string {
  return record.kind === 'snapshot' ? 'accepted' : record.event.event;
}

const short = (hex: string): string => hex.slice(0, 12);

/** A few words for a person; the time stands apart (`headOfRecord`). */
export function describeRecord(record: CustodyRecord): string {
  if (record.kind === 'snapshot') return describeAccepted(record.receipt);
  const { event } = record;
  switch (event.event) {
    case 'accepted':
      return describeAccepted(event.subject);
    case 'moved':
    case 'repaired': {
      const { packCount, from, to } = event.subject;
      const whence = from === null ? '' : `, in place of store ${short(from)}`;
      return `${packCount} packs ${event.event} to ${to.city}${whence}`;
    }
    case 'deleted': {
      const { packCount, stores } = event.subject;
      return `${packCount} packs deleted, confirmed by ${stores.length} stores`;
    }
    case 'key-changed': {
      const { what, which, newKeyHash } = event.subject;
      const how = newKeyHash === null ? 'withdrawn' : 'changed';
      return `${what.replace('-', ' ')} of ${short(which)} ${how}`;
    }
    case 'settled':
      return `settled, statement ${short(event.subject.statement)}`;
    case 'incident':
      return `incident ${short(event.subject.incidentId)}, with evidence`;
  }
}

function describeAccepted({ snapshotId, packCount, stores }: AcceptedSubject): string {
  const cities = stores.map(({ city }) => city).join(', ');
  return `snapshot ${short(snapshotId)}, ${packCount} packs in ${cities}`;
}

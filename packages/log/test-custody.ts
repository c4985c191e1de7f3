// For tests: a log, its witnesses, and receipts as a coordinator would give them.
import { type MemberId, type SnapshotId, type StoreId, toHex, utf8 } from '@kura/base';
import { signCheckpoint } from './checkpoint.ts';
import { cosign, type WitnessSigner } from './cosignature.ts';
import { parseCustodyRecord, recordEntryHash } from './custody-record.ts';
import { ed25519PublicKey } from './ed25519.ts';
import { type CustodyEvent, type EventName, type EventSubjects, formatEvent } from './events.ts';
import { hashEntry } from './hash.ts';
import { MerkleTree } from './merkle-tree.ts';
import { parseNote } from './note.ts';
import { formatReceiptBody, type Receipt } from './receipts.ts';
import type { NoteKey } from './verifier-key.ts';
import { anyOf, type WitnessPolicy } from './witness-policy.ts';

export const seedOf = (name: string): Uint8Array => hashEntry(utf8(`seed of ${name}`));
export const keyOf = (name: string): NoteKey => ({
  name,
  publicKey: ed25519PublicKey(seedOf(name)),
});
const hexOf = (name: string, bytes: number): string => toHex(hashEntry(utf8(name)).slice(0, bytes));

export const TEST_LOG = 'kura.example/log';
const MEMBER = hexOf('member', 16) as MemberId;

export const TEST_STORE = {
  storeId: hexOf('osaka', 16) as StoreId,
  publicKey: hexOf('key of osaka', 32),
  city: 'osaka',
  suite: 'chacha20',
  copies: 2,
  root: hexOf('root', 32),
};

/** One subject of every kind. */
export const SUBJECTS: EventSubjects = {
  accepted: {
    snapshotId: hexOf('snapshot', 32) as SnapshotId,
    predecessor: null,
    deviceKey: hexOf('device', 32),
    packCount: 2,
    packSetRoot: hexOf('packs', 32),
    stores: [TEST_STORE],
  },
  moved: { packCount: 2, packSetRoot: hexOf('packs', 32), from: null, to: TEST_STORE },
  repaired: {
    packCount: 1,
    packSetRoot: hexOf('packs', 32),
    from: hexOf('ishikari', 16) as StoreId,
    to: TEST_STORE,
  },
  deleted: {
    packCount: 1,
    packSetRoot: hexOf('packs', 32),
    stores: [{ storeId: TEST_STORE.storeId, confirmation: hexOf('confirmation', 32) }],
  },
  'key-changed': { what: 'card', which: hexOf('card', 16), newKeyHash: hexOf('key', 32) },
  settled: { statement: hexOf('statement', 32) },
  incident: { incidentId: hexOf('incident', 16), evidence: hexOf('evidence', 32) },
};

export class TestLog {
  readonly tree = new MerkleTree();
  readonly #signers: readonly WitnessSigner[];
  #number = 0;
  #previous: string | null = null;

  /** Witnesses that cosign whatever they are shown, in this order. */
  constructor(witnesses: readonly string[] = []) {
    this.#signers = witnesses.map((name) => ({ name, seed: seedOf(name) }));
  }

  policy(required: number): WitnessPolicy {
    const witnesses = this.#signers.map(({ name }) => keyOf(name));
    return anyOf(required, { log: keyOf(TEST_LOG), witnesses });
  }

  checkpoint(size = this.tree.size): string {
    const head = this.tree.head(size);
    const note = signCheckpoint({ origin: TEST_LOG, size, head }, seedOf(TEST_LOG));
    const { text } = parseNote(note);
    return note + this.#signers.map((signer) => cosign(text, signer, 1_790_000_001_000)).join('');
  }

  appendBody(body: string): number {
    return this.tree.appendHash(recordEntryHash(body, parseCustodyRecord(body)));
  }

  /** The receipt of an entry, by default under the newest checkpoint. */
  receipt(body: string, leafIndex: number, size = this.tree.size): Receipt {
    return {
      body,
      leafIndex,
      inclusionProof: this.tree.inclusionProof(leafIndex, size).map(toHex),
      checkpoint: this.checkpoint(size),
      witnessed: this.#signers.length > 0,
    };
  }

  /** Of a snapshot of its own, unless one is named. */
  snapshotBody(snapshotId?: SnapshotId): string {
    const number = this.#number++;
    return formatReceiptBody({
      ...SUBJECTS.accepted,
      snapshotId: snapshotId ?? (hexOf(`snapshot ${number}`, 32) as SnapshotId),
      memberId: MEMBER,
      timeMs: 1_790_000_000_000 + number,
      salt: hexOf(`salt ${number}`, 32),
    });
  }

  /** Follows the event of before, unless another is named. */
  eventBody(event: EventName, previous = this.#previous): string {
    const number = this.#number++;
    const body = formatEvent({
      event,
      subject: SUBJECTS[event],
      memberId: MEMBER,
      timeMs: 1_790_000_000_000 + number,
      previous,
      salt: hexOf(`salt ${number}`, 32),
    } as CustodyEvent);
    this.#previous = toHex(recordEntryHash(body, parseCustodyRecord(body)));
    return body;
  }

  /** Appended; with its receipt as it was given out at once. */
  add(body: string): Receipt {
    return this.receipt(body, this.appendBody(body));
  }
}

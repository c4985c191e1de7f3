// Judges receipts offline, under a policy that the reader has from elsewhere and never from the receipt: this log
// holds exactly this body, and enough witnesses have seen that the log shows everybody the same.
import { fromHex } from '@kura/base';
import {
  type Checkpoint,
  type LogKey,
  openParsedCheckpoint,
  parseCheckpoint,
} from './checkpoint.ts';
import type { Cosignature } from './cosignature.ts';
import { type CustodyRecord, parseCustodyRecord, recordEntryHash } from './custody-record.ts';
import { verifyInclusion } from './merkle-tree.ts';
import { parseNote } from './note.ts';
import type { Receipt, ReceiptBody } from './receipts.ts';
import { refusedReceipt, refusingAs } from './refusal.ts';
import { anyOf, judgeWitnesses, type WitnessPolicy } from './witness-policy.ts';

/** A proof of more steps would be of a log with more than 2^53 entries. */
const MAX_PROOF_HASHES = 53;
/** Receipts that were asked for together share their checkpoint: it is opened once. */
const MAX_OPENED = 64;

export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly cosignatures: readonly Cosignature[];
  /** The policy asks for witnesses, and has enough of them here. */
  readonly isWitnessed: boolean;
  /** The policy has what it asks for; true as well if it asks for none. */
  readonly isEnough: boolean;
}

export interface OpenedReceipt extends OpenedCheckpoint {
  readonly receipt: Receipt;
  readonly record: CustodyRecord;
  readonly entryHash: Uint8Array;
}

export class ReceiptVerifier {
  readonly #policy: WitnessPolicy;
  readonly #opened = new Map<string, OpenedCheckpoint>();

  constructor(policy: WitnessPolicy) {
    this.#policy = policy;
  }

  /** `refused`, with a reason (refusal.ts), unless the log holds it and the policy has its quorum. */
  verify(receipt: Receipt): OpenedReceipt {
    const opened = this.open(receipt);
    if (opened.isEnough) return opened;
    const { length } = opened.cosignatures;
    throw refusedReceipt('quorum', `${length} known witnesses have cosigned it, which is too few`);
  }

  /** The same, but a receipt without its quorum is only not witnessed: as it is until the witnesses have seen it. */
  open(receipt: Receipt): OpenedReceipt {
    const record = refusingAs('malformed', () => parseCustodyRecord(receipt.body));
    const proof = fromProof(receipt.inclusionProof);
    const opened = this.openCheckpoint(receipt.checkpoint);
    const { size, head } = opened.checkpoint;
    const entryHash = recordEntryHash(receipt.body, record);
    if (!verifyInclusion({ entryHash, index: receipt.leafIndex, size, proof, head })) {
      throw refusedReceipt('inclusion', 'the log that it names does not hold it');
    }
    if (receipt.witnessed && !opened.isWitnessed) {
      throw refusedReceipt(
        'claim',
        'it claims witnesses, and not enough that we know have cosigned',
      );
    }
    return { ...opened, receipt, record, entryHash };
  }

  /** `refused` unless one of the policy's logs signed it; says what its witnesses say. */
  openCheckpoint(note: string): OpenedCheckpoint {
    const known = this.#opened.get(note);
    if (known !== undefined) return known;
    const parsed = refusingAs('malformed', () => parseNote(note));
    const { origin } = refusingAs('malformed', () => parseCheckpoint(parsed.text));
    const log = this.#policy.logs.find(({ key }) => key.name === origin);
    if (log === undefined) throw refusedReceipt('log', `its log is not known: ${origin}`);
    const { publicKey } = log.key;
    const checkpoint = refusingAs('signature', () =>
      openParsedCheckpoint(parsed, { origin, publicKey }),
    );
    const witnessed = refusingAs('cosignature', () => judgeWitnesses(parsed, this.#policy));
    const opened = { checkpoint, ...witnessed };
    if (this.#opened.size >= MAX_OPENED) this.#opened.clear();
    this.#opened.set(note, opened);
    return opened;
  }
}

/** `refused` unless these are hashes in hex, and no more than a proof can have. */
export function fromProof(proof: readonly string[]): Uint8Array[] {
  if (proof.length > MAX_PROOF_HASHES) throw refusedReceipt('malformed', 'its proof is too long');
  return proof.map((text) => {
    if (!/^[0-9a-f]{64}$/.test(text)) {
      throw refusedReceipt('malformed', 'its proof is not a list of hashes');
    }
    return fromHex(text);
  });
}

/**
 * For readers that know the log and no witness: what the receipt of a snapshot says, if the log of this key holds
 * it. One that claims witnesses is `refused`, because none is known here.
 */
export function verifyReceipt(receipt: Receipt, { origin, publicKey }: LogKey): ReceiptBody {
  const policy = anyOf(0, { log: { name: origin, publicKey }, witnesses: [] });
  const { record } = new ReceiptVerifier(policy).verify(receipt);
  if (record.kind === 'snapshot') return record.receipt;
  throw refusedReceipt('malformed', 'it is not that of a snapshot');
}

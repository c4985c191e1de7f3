// That a leaf is in the log, to be shown to its member: under the newest head that enough witnesses have cosigned, or
// under the newest signed one for as long as they have not seen the leaf.
import { KuraError, toHex } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { parseCheckpoint, parseNote } from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { proveInclusion } from './proofs.ts';

export type EntryProof = Pick<CustodyReceipt, 'inclusionProof' | 'checkpoint' | 'witnessed'>;

interface Head {
  readonly size: number;
  /** A signed note. */
  readonly checkpoint: string;
}

/** What can be shown of the log now; undefined while it is empty, or nothing of it is witnessed. */
export interface Heads {
  readonly newest: Head | undefined;
  readonly witnessed: Head | undefined;
}

export async function readHeads(rows: Rows): Promise<Heads> {
  const columns = ['size', 'checkpoint'] as const;
  return {
    newest: await rows.selectFrom('log_frontier').select(columns).executeTakeFirst(),
    witnessed: await rows.selectFrom('log_witnessed').select(columns).executeTakeFirst(),
  };
}

/** `heads`: read in the same transaction. Throws `not_found` for a leaf that the log does not have. */
export async function proveEntry(rows: Rows, leafIndex: number, heads: Heads): Promise<EntryProof> {
  const { witnessed, newest } = heads;
  const isWitnessed = witnessed !== undefined && witnessed.size > leafIndex;
  const head = isWitnessed ? witnessed : newest;
  if (head === undefined || head.size <= leafIndex) {
    throw new KuraError('not_found', `the log has no leaf ${leafIndex}`);
  }
  const proof = await proveInclusion(rows, leafIndex, head.size);
  const { checkpoint } = head;
  return { inclusionProof: proof.map(toHex), checkpoint, witnessed: isWitnessed };
}

/** A receipt as it was given out, or under a head that was witnessed since. */
export async function withWitnesses(rows: Rows, receipt: CustodyReceipt): Promise<CustodyReceipt> {
  const heads = await readHeads(rows);
  const { witnessed } = heads;
  if (witnessed === undefined || witnessed.size <= receipt.leafIndex) return receipt;
  // The receipts of a network that was adopted are in the log that it had before.
  if (originOf(receipt.checkpoint) !== originOf(witnessed.checkpoint)) return receipt;
  return { ...receipt, ...(await proveEntry(rows, receipt.leafIndex, heads)) };
}

function originOf(note: string): string {
  return parseCheckpoint(parseNote(note).text).origin;
}

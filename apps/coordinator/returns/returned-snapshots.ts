// Heads of snapshots that a member's card has given back. One with its receipt is in the log, at that very place, or
// it is not believed; one whose receipt another device has stands without it until that device comes.
import { KuraError, type SnapshotId } from '@kura/base';
import type { CustodyReceipt, SnapshotRow } from '@kura/contract';
import { parseReceiptBody, type ReceiptBody, recordEntryHash } from '@kura/log';
import { nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { type Heads, proveEntry, readHeads } from '../log/prove-entry.ts';
import { isEntryAt } from '../log/read-entry.ts';
import { countSnapshots } from '../members/usage.ts';

export interface ReturnedSnapshot {
  readonly row: SnapshotRow;
  readonly receipt: CustodyReceipt | undefined;
}

/** forgotten: its owner ordered it · pack: the pack of its record is not here · log: it is not where it says it is */
export type SnapshotRefusal = 'forgotten' | 'pack' | 'log';

export interface RefusedSnapshot {
  readonly snapshotId: SnapshotId;
  readonly why: SnapshotRefusal;
}

export interface TakenSnapshots {
  /** Those that had no row. */
  readonly taken: number;
  readonly refused: readonly RefusedSnapshot[];
}

/** More than any tick: what is committed so long ago is in order, and before all that was ever marked. */
const BEFORE_EVERY_MARK = 2 ** 52;

/** What stands keeps its row, and gets the receipt that it lacked. `origin`: of the log. */
export async function takeSnapshots(
  of: MemberRows,
  snapshots: readonly ReturnedSnapshot[],
  origin: string,
): Promise<TakenSnapshots> {
  const heads = await readHeads(of.rows);
  const refused: RefusedSnapshot[] = [];
  let taken = 0;
  for (const snapshot of snapshots) {
    const { snapshotId } = snapshot.row;
    const found = await judge(of, snapshot, heads);
    if (typeof found === 'string') {
      refused.push({ snapshotId, why: found });
      continue;
    }
    if (!found.stands) {
      await insertHead(of, snapshot.row, found.body?.timeMs);
      taken += 1;
    }
    if (found.body !== undefined) await keepReceipt(of, snapshot, { heads, origin });
  }
  await countSnapshots(of, taken);
  return { taken, refused };
}

interface Judged {
  readonly stands: boolean;
  /** Of a receipt that the log has. */
  readonly body: ReceiptBody | undefined;
}

async function judge(
  of: MemberRows,
  { row, receipt }: ReturnedSnapshot,
  heads: Heads,
): Promise<Judged | SnapshotRefusal> {
  const named = { snapshot_id: row.snapshotId };
  if (await has(of, 'forgotten_snapshots', named)) return 'forgotten';
  if (!(await has(of, 'packs', { pack_id: row.packId }))) return 'pack';
  const stands = await has(of, 'snapshots', named);
  if (receipt === undefined) {
    const isInside = row.leafIndex < (heads.newest?.size ?? 0);
    return isInside || stands ? { stands, body: undefined } : 'log';
  }
  const body = await openReceipt(of, row, receipt);
  return body === undefined ? 'log' : { stands, body };
}

type Named = { readonly snapshot_id: string } | { readonly pack_id: string };

async function has(
  { rows, memberId }: MemberRows,
  table: 'forgotten_snapshots' | 'packs' | 'snapshots' | 'receipts',
  named: Named,
): Promise<boolean> {
  const [[column, id] = ['', '']] = Object.entries(named);
  const found = await rows
    .selectFrom(table)
    .select('member_id')
    .where('member_id', '=', memberId)
    .where(rows.dynamic.ref(column), '=', id)
    .executeTakeFirst();
  return found !== undefined;
}

/** Undefined unless it is of this snapshot and the log has it there. */
async function openReceipt(
  { rows, memberId }: MemberRows,
  row: SnapshotRow,
  { body, leafIndex }: CustodyReceipt,
): Promise<ReceiptBody | undefined> {
  const receipt = readBody(body);
  if (receipt?.memberId !== memberId || receipt.snapshotId !== row.snapshotId) return undefined;
  if (leafIndex !== row.leafIndex) return undefined;
  const entry = recordEntryHash(body, { kind: 'snapshot', receipt });
  return (await isEntryAt(rows, leafIndex, entry)) ? receipt : undefined;
}

function readBody(body: string): ReceiptBody | undefined {
  try {
    return parseReceiptBody(body);
  } catch (error) {
    if (error instanceof KuraError && error.code === 'refused') return undefined;
    throw error;
  }
}

/** Committed before every mark: as long as no prune has looked into it, none condemns what it may need. */
async function insertHead(
  of: MemberRows,
  { snapshotId, packId, predecessor, timeMs, leafIndex }: SnapshotRow,
  loggedMs: number | undefined,
): Promise<void> {
  const { rows, memberId } = of;
  await rows
    .insertInto('snapshots')
    .values({
      ...{ member_id: memberId, snapshot_id: snapshotId, pack_id: packId },
      ...{ predecessor: predecessor ?? null, time_ms: timeMs, leaf_index: leafIndex },
      ...{ committed_at: (await nextTick(of)) - BEFORE_EVERY_MARK, logged_ms: loggedMs ?? null },
    })
    .execute();
}

/** Under the head that is newest here: proofs are made, not taken over. */
async function keepReceipt(
  of: MemberRows,
  { row, receipt }: ReturnedSnapshot,
  log: { readonly heads: Heads; readonly origin: string },
): Promise<void> {
  const { rows, memberId } = of;
  const { snapshotId, leafIndex } = row;
  if (receipt === undefined || (await has(of, 'receipts', { snapshot_id: snapshotId }))) return;
  const { inclusionProof, checkpoint } = await proveEntry(rows, leafIndex, log.heads);
  await rows
    .insertInto('receipts')
    .values({
      ...{ member_id: memberId, snapshot_id: snapshotId, leaf_index: leafIndex },
      ...{ log_origin: log.origin, body: receipt.body, checkpoint },
      inclusion_proof: inclusionProof.join(' '),
    })
    .execute();
  await rows
    .updateTable('snapshots')
    .set({ logged_ms: parseReceiptBody(receipt.body).timeMs })
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .execute();
}

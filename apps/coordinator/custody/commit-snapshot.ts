// The head of a snapshot, and with it the acknowledgement. In one transaction: every pack it needs is
// there and strong enough, the leaf is in the log, the head is in the tables. A pack that a prune has
// marked meanwhile is whole, and is taken back; one that is being destroyed is not.
import { equalBytes, KuraError, type PackId, PackIds, toHex } from '@kura/base';
import type { CustodyReceipt, PackRow, SnapshotHead } from '@kura/contract';
import { formatReceiptBody, treeHead } from '@kura/log';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { countSnapshots } from '../members/usage.ts';
import { unmarkPacks } from '../prune/mark.ts';
import { readStores } from '../stores/stores.ts';
import { logOwnEvents } from './log-events.ts';
import type { LogSigner } from './log-key.ts';
import { heldCopies, packReader } from './read-packs.ts';
import { type Holdings, receiptStores } from './receipt-stores.ts';
import { appendReceipt } from './receipts.ts';

export interface CommitOptions {
  readonly signer: LogSigner;
  readonly nowMs: number;
  /** Held copies that every pack needs; none for what is adopted after a total loss. */
  readonly minimumCopies: number;
}

export async function commitSnapshot(
  of: MemberRows,
  commit: { readonly head: SnapshotHead; readonly uses: Iterable<PackId> },
  options: CommitOptions,
): Promise<CustodyReceipt> {
  const { head } = commit;
  const { rows, memberId } = of;
  const uses = checkUses(head, commit.uses);
  await refuseKnown(of, head);
  const holdings = await secureUses(of, uses, options.minimumCopies);
  const body = formatReceiptBody({
    memberId,
    snapshotId: head.snapshotId,
    predecessor: head.predecessor ?? null,
    deviceKey: toHex(head.deviceKey),
    packCount: head.packCount,
    packSetRoot: toHex(head.packSetRoot),
    stores: receiptStores(holdings, await readStores(rows)),
    timeMs: options.nowMs,
    salt: toHex(head.leafSalt),
  });
  await logOwnEvents(of, options.signer);
  const receipt = await appendReceipt(of, { head, body }, options.signer);
  await rows
    .insertInto('snapshots')
    .values({
      member_id: memberId,
      snapshot_id: head.snapshotId,
      pack_id: head.packId,
      predecessor: head.predecessor ?? null,
      time_ms: head.timeMs,
      leaf_index: receipt.leafIndex,
      committed_at: await nextTick(of),
      logged_ms: options.nowMs,
    })
    .execute();
  await countSnapshots(of, 1);
  return receipt;
}

/** The head over the sorted ids, as `SnapshotHead.packSetRoot` has it. */
export function packSetRoot(uses: PackIds): Uint8Array {
  return treeHead(uses.bytes);
}

function checkUses(head: SnapshotHead, given: Iterable<PackId>): PackIds {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `snapshot ${head.snapshotId} is refused: ${why}`);
  };
  const uses = given instanceof PackIds ? given : PackIds.of(given);
  if (uses === undefined) return refuse('it names a pack twice');
  if (!uses.has(head.packId)) refuse('it does not name the pack that holds it');
  if (head.packCount !== uses.length) refuse('it states another number of packs');
  if (!equalBytes(head.packSetRoot, packSetRoot(uses))) refuse('it states another set of packs');
  return uses;
}

async function refuseKnown({ rows, memberId }: MemberRows, head: SnapshotHead): Promise<void> {
  const known = await rows
    .selectFrom('snapshots')
    .select('snapshot_id')
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', head.snapshotId)
    .executeTakeFirst();
  if (known === undefined) return;
  throw new KuraError('already_exists', `snapshot ${head.snapshotId} is committed already`);
}

/** Every pack is strong enough, and none is marked any more. Ends with the first batch that has one that is not. */
async function secureUses(of: MemberRows, uses: PackIds, minimumCopies: number): Promise<Holdings> {
  const marked: PackId[] = [];
  const holdings: Holdings = new Map();
  const read = await packReader(of);
  for (const batch of batches(uses)) {
    const packs = await read(batch);
    refuseMissing(batch, packs);
    for (const pack of packs) {
      checkStrength(pack, minimumCopies);
      if (pack.state === 'marked') marked.push(pack.packId);
      for (const { storeId, copyId, root } of heldCopies(pack)) {
        const held = holdings.get(storeId) ?? [];
        if (held.length === 0) holdings.set(storeId, held);
        held.push({ copyId, root });
      }
    }
  }
  await unmarkPacks(of, marked);
  return holdings;
}

function refuseMissing(wanted: readonly PackId[], packs: readonly PackRow[]): void {
  if (packs.length === wanted.length) return;
  const found = new Set(packs.map(({ packId }) => packId));
  for (const packId of wanted) if (!found.has(packId)) refuseUse(packId, 'is gone');
}

function checkStrength(pack: PackRow, minimumCopies: number): void {
  if (pack.state === 'destroying') refuseUse(pack.packId, 'is being destroyed');
  const held = heldCopies(pack).length;
  if (held >= minimumCopies) return;
  refuseUse(pack.packId, `has ${held} good copies, ${minimumCopies} are wanted`);
}

function refuseUse(packId: PackId, why: string): never {
  throw new KuraError('refused', `pack ${packId}, which the snapshot needs, ${why}`, {
    guidance: 'Run the backup again: it stores anew what is missing.',
    context: { packId },
  });
}

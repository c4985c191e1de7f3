// Brings notices to the stores: a gateway's part, under a lease. Each goes, as one copy in each store's own
// cipher, to stores that cards read and that hold copies of the member: those are the ones that an older card
// knows.
import { fromHex, KuraError, type MemberId, MINUTE_MS, must, type StoreId } from '@kura/base';
import type { PackRecord } from '@kura/contract';
import { sealLetter } from '@kura/copy-seal';
import type { Native } from '@kura/native';
import type { NoticesTable } from '../db/service-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { StoreWays } from '../gateway/context.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { Lease, Leases } from '../leases/leases.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import { readMember } from '../members/members.ts';
import type { Network } from '../network.ts';
import { recordText } from '../uploads/record-text.ts';

export interface NoticeCarrierParts {
  readonly network: Network;
  readonly leases: Leases;
  readonly stores: StoreWays;
  readonly keys: CopyKeys;
  readonly native: Native;
  /** Told of what could not be done now, for a log. */
  readonly onFailure: (error: unknown) => void;
}

const LEASE = 'notices';
/** Of one round. */
const MAX_NOTICES = 10;
/** More copies help no card: it asks every store that it knows. */
const MAX_STORES = 4;
const AGAIN_MS = 5 * MINUTE_MS;

export class NoticeCarrier {
  readonly #parts: NoticeCarrierParts;

  constructor(parts: NoticeCarrierParts) {
    this.#parts = parts;
  }

  /** What is due now, if no other gateway is at it. */
  async round(): Promise<void> {
    const { network, leases, onFailure } = this.#parts;
    const nowMs = network.clock.nowMs();
    const due = await network.database.read((rows) => dueNotices(rows, nowMs));
    if (due.length === 0) return;
    const lease = await leases.take(LEASE);
    if (lease === undefined) return;
    for (const notice of due) {
      try {
        const record = recordText(await this.#bring(notice));
        await lease.transact((rows) => change(rows, notice, { state: 'stored', body: '', record }));
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        onFailure(error);
        await this.#putOff(lease, notice);
      }
    }
  }

  async #bring(notice: NoticesTable): Promise<PackRecord> {
    const { network, stores, keys, native } = this.#parts;
    const { member_id: memberId, body: text, signature, pack_id: packId } = notice;
    const { shape } = network.charter;
    const { rows, holders } = await network.database.read(async (all) => ({
      rows: await readMember({ rows: all, memberId }),
      holders: await readableHolders(all, memberId),
    }));
    const chosen = holders.filter((storeId) => stores.get(storeId) !== undefined);
    if (chosen.length === 0) {
      throw new KuraError('unreachable', 'no store that a card reads is there for a notice');
    }
    const [leaves] = shape.packLeaves;
    const sealed = sealLetter('notice', {
      ...{ text, signature: fromHex(signature), sizeBytes: leaves * shape.leafBytes },
      noticeKey: must(rows.notice_key, 'only members with a key get notices'),
    });
    const description = await new MemberCoordinator({ network, memberId }).describe();
    const targets = chosen.slice(0, MAX_STORES);
    const gateway = createGateway({
      network: {
        ...description,
        copies: targets.length,
        stores: description.stores.filter(({ identity }) => targets.includes(identity.storeId)),
      },
      ...{ stores, keys, native, hashing: 'gateway' },
    });
    const upload = await gateway.open(packId, leaves);
    try {
      await upload.write(sealed);
      return await upload.finish();
    } catch (error) {
      upload.abort();
      throw error;
    }
  }

  #putOff(lease: Lease, notice: NoticesTable): Promise<void> {
    const nowMs = this.#parts.network.clock.nowMs();
    const next = { tries: notice.tries + 1, next_ms: nowMs + AGAIN_MS };
    return lease.transact((rows) => change(rows, notice, next));
  }
}

async function dueNotices(rows: Rows, nowMs: number): Promise<readonly NoticesTable[]> {
  return rows
    .selectFrom('notices')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('next_ms', '<=', nowMs)
    .orderBy('next_ms')
    .limit(MAX_NOTICES)
    .execute();
}

async function change(
  rows: Rows,
  { member_id: memberId, number }: NoticesTable,
  columns: Partial<Pick<NoticesTable, 'state' | 'body' | 'record' | 'tries' | 'next_ms'>>,
): Promise<void> {
  await rows
    .updateTable('notices')
    .set(columns)
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .execute();
}

/** Stores that cards read, with copies of this member; those with most of them first. */
async function readableHolders(rows: Rows, memberId: MemberId): Promise<readonly StoreId[]> {
  const found = await rows
    .selectFrom('copies')
    .innerJoin('stores', 'stores.store_id', 'copies.store_id')
    .select(['copies.store_id as storeId', (all) => all.fn.countAll<number>().as('count')])
    .where('copies.member_id', '=', memberId)
    .where('copies.state', '=', 'held')
    .where('stores.kind', '=', 'readable')
    .where('stores.state', '=', 'active')
    .groupBy('copies.store_id')
    .orderBy('count', 'desc')
    .execute();
  return found.map(({ storeId }) => storeId);
}

// The network's tables as an agent sees them, over the wire: each call of the port is one of the endpoint table,
// in pieces where an endpoint has a bound. Nothing is decided here.
import {
  assert,
  KuraError,
  type MemberId,
  type PackId,
  type Random,
  type SessionId,
  type SnapshotId,
  sessionId,
  toHex,
} from '@kura/base';
import {
  type CustodyReceipt,
  type DestroyPackWarrant,
  type EventsPort,
  type HangUp,
  type KeptOrder,
  type KeptProof,
  type LoggedCustodyEvent,
  MAX_EVENTS,
  type NetworkDescription,
  type PackChanges,
  type PackRecord,
  type PackRow,
  type RestoreProof,
  type ServicePort,
  type SessionKind,
  type SessionOutcome,
  type SnapshotHead,
  type SnapshotRow,
  signPruneOrder,
} from '@kura/contract';
import { encodeCommit } from '@kura/contract/wire/commit-body.ts';
import {
  ACCOUNT_ENDPOINTS as ACCOUNT,
  MAX_ENTRIES,
} from '@kura/contract/wire/endpoints/account.ts';
import {
  CUSTODY_ENDPOINTS as CUSTODY,
  MAX_ORDERS,
  MAX_PACKS_PER_CALL,
  MAX_PAGE,
} from '@kura/contract/wire/endpoints/custody.ts';
import { EVENT_ENDPOINTS as EVENTS } from '@kura/contract/wire/endpoints/events.ts';
import { INCIDENT_ENDPOINTS as INCIDENTS } from '@kura/contract/wire/endpoints/incidents.ts';
import {
  LOCK_ENDPOINTS as LOCKS,
  type OpenLockRequest,
} from '@kura/contract/wire/endpoints/locks.ts';
import { encodeWarrants } from '@kura/contract/wire/warrant-list.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { describeNetwork } from './describe-network.ts';
import { PackMirror } from './pack-mirror.ts';
import { figuresIn, type RemoteJournalEntry } from './remote-journal.ts';

const SESSION_ID_BYTES = 16;

export interface RemoteCoordinatorOptions {
  readonly client: EndpointClient;
  /** What the card says; a session states it. */
  readonly level: number;
  readonly random: Random;
  /** What orders what only the owner may; absent on a device that only saves. */
  readonly owner?: OwnerHand | undefined;
}

export interface OwnerHand {
  readonly memberId: MemberId;
  /** Ed25519, 32 bytes. */
  readonly ownerSeed: Uint8Array;
}

export class RemoteCoordinator implements ServicePort, EventsPort {
  readonly #client: EndpointClient;
  readonly #level: number;
  readonly #random: Random;
  readonly #owner: OwnerHand | undefined;
  readonly #mirror = new PackMirror((sinceTick, limit) => this.changedPacks(sinceTick, limit));

  constructor({ client, level, random, owner }: RemoteCoordinatorOptions) {
    this.#client = client;
    this.#level = level;
    this.#random = random;
    this.#owner = owner;
  }

  async describe(): Promise<NetworkDescription> {
    return (await describeNetwork(this.#client)).network;
  }

  async beginSession(kind: SessionKind): Promise<SessionId> {
    const session = sessionId(toHex(this.#random.bytes(SESSION_ID_BYTES)));
    const body = { kind, level: this.#level };
    await this.#client.call(CUSTODY.beginSession, { params: { session }, body });
    return session;
  }

  async renewSession(session: SessionId): Promise<void> {
    await this.#client.call(CUSTODY.renewSession, { params: { session } });
  }

  async endSession(session: SessionId, outcome: SessionOutcome = 'done'): Promise<void> {
    await this.#client.call(CUSTODY.endSession, { params: { session }, body: { outcome } });
  }

  async noteSession(session: SessionId, line: Uint8Array): Promise<void> {
    await this.#client.call(CUSTODY.noteSession, { params: { session }, body: { line } });
  }

  /** The network has what its gateways did; this says which packs the agent has checked. */
  async recordPacks(sessionId: SessionId, records: readonly PackRecord[]): Promise<void> {
    for (const packs of inPieces(records.map((record) => record.packId))) {
      await this.#client.call(CUSTODY.recordPacks, { body: { sessionId, packs } });
    }
  }

  pack(packId: PackId): Promise<PackRow | undefined> {
    return orUndefined(this.#client.call(CUSTODY.describePack, { params: { pack: packId } }));
  }

  /** A page after the first is of the same moment as the first. */
  async packs(after: PackId | undefined, limit: number): Promise<readonly PackRow[]> {
    const all = after === undefined ? await this.#mirror.refresh() : this.#mirror.known();
    const rows = this.shown(all);
    const from = after === undefined ? 0 : firstAfter(rows, after);
    return rows.slice(from, from + limit);
  }

  /** Those that the agent works with; the same list for the same rows. */
  protected shown(rows: readonly PackRow[]): readonly PackRow[] {
    return rows;
  }

  async changedPacks(sinceTick: number, limit: number): Promise<PackChanges> {
    return await this.#client.call(CUSTODY.changedPacks, { query: { since: sinceTick, limit } });
  }

  async commitSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    const receipt = await this.#commit({ session, hangUp: 'late' }, { head, uses });
    if (receipt !== undefined) return receipt;
    throw new KuraError('corrupt', 'the network took the snapshot and gave no receipt for it', {
      guidance: 'Look with `kura receipts` whether it came later.',
    });
  }

  commitLater(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt | undefined> {
    return this.#commit({ session, hangUp: 'early' }, { head, uses });
  }

  async #commit(
    query: { readonly session: SessionId; readonly hangUp: HangUp },
    commit: { readonly head: SnapshotHead; readonly uses: readonly PackId[] },
  ): Promise<CustodyReceipt | undefined> {
    const body = { bytes: encodeCommit(commit) };
    return (await this.#client.call(CUSTODY.commitSnapshot, { query, body })).receipt;
  }

  async snapshots(): Promise<readonly SnapshotRow[]> {
    const all: SnapshotRow[] = [];
    for (;;) {
      const fromLeaf = (all.at(-1)?.leafIndex ?? -1) + 1;
      const query = { limit: MAX_PAGE, fromLeaf };
      const { snapshots } = await this.#client.call(CUSTODY.snapshots, { query });
      const isAhead = snapshots.every(({ leafIndex }) => leafIndex >= fromLeaf);
      if (!isAhead) throw new KuraError('corrupt', 'the network lists snapshots in no order');
      all.push(...snapshots);
      if (snapshots.length < MAX_PAGE) return all;
    }
  }

  async forgetSnapshots(order: Uint8Array): Promise<void> {
    await this.#client.call(CUSTODY.forgetSnapshots, { body: { order } });
  }

  async forgetOrders(after: number, limit: number): Promise<readonly KeptOrder[]> {
    const query = { after, limit: Math.min(limit, MAX_ORDERS) };
    return (await this.#client.call(CUSTODY.forgetOrders, { query })).orders;
  }

  async noteProof({ snapshotId: snapshot, ...body }: RestoreProof): Promise<void> {
    await this.#client.call(CUSTODY.noteProof, { params: { snapshot }, body });
  }

  async proofs(): Promise<readonly KeptProof[]> {
    const all: KeptProof[] = [];
    for (let fromLeaf = 0; ; ) {
      const query = { limit: MAX_PAGE, fromLeaf };
      const { proofs } = await this.#client.call(CUSTODY.proofs, { query });
      if (proofs.some(({ leafIndex }) => leafIndex < fromLeaf)) {
        throw new KuraError('corrupt', 'the network lists proofs in no order');
      }
      all.push(...proofs.map(({ leafIndex: _, ...proof }) => proof));
      if (proofs.length < MAX_PAGE) return all;
      fromLeaf = (proofs.at(-1)?.leafIndex ?? 0) + 1;
    }
  }

  receipt(snapshot: SnapshotId): Promise<CustodyReceipt | undefined> {
    return orUndefined(this.#client.call(CUSTODY.receipt, { params: { snapshot } }));
  }

  async events(after: number, limit: number): Promise<readonly LoggedCustodyEvent[]> {
    const query = { after, limit: Math.min(limit, MAX_EVENTS) };
    return (await this.#client.call(EVENTS.events, { query })).events;
  }

  /** RFC 3161 in DER: a request, and the answer of the network's own authority. */
  async timestamp(request: Uint8Array): Promise<Uint8Array> {
    return (await this.#client.call(EVENTS.timestamp, { body: { request } })).answer;
  }

  /** X25519, to which shares of locks are sealed, as the network's coordinator has signed it. */
  async lockKey(): Promise<Uint8Array> {
    return (await this.#client.call(LOCKS.lockKey, {})).signed;
  }

  /** The network's share of the key to a lock. Throws `refused` unless the stamps agree. */
  async openLock(body: OpenLockRequest): Promise<Uint8Array> {
    return (await this.#client.call(LOCKS.openLock, { body })).share;
  }

  async markPacks(ids: readonly PackId[]): Promise<void> {
    for (const packs of inPieces(ids)) {
      await this.#client.call(CUSTODY.markPacks, { body: { packs } });
    }
  }

  async rescuePack(sessionId: SessionId, pack: PackId): Promise<boolean> {
    const call = { params: { pack }, body: { sessionId } };
    return (await this.#client.call(CUSTODY.rescuePack, call)).isInTime;
  }

  async unmarkPacks(ids: readonly PackId[]): Promise<void> {
    for (const packs of inPieces(ids)) {
      await this.#client.call(CUSTODY.unmarkPacks, { body: { packs } });
    }
  }

  /** Notices up to `covered` are in catalogues: those that are overtaken become packs that nobody needs. */
  async releaseNotices(sessionId: SessionId, covered: number): Promise<void> {
    const body = { sessionId, covered, order: this.#pruneOrder(sessionId) };
    await this.#client.call(CUSTODY.releaseNotices, { body });
  }

  #pruneOrder(sessionId: SessionId): Uint8Array {
    const { memberId, ownerSeed } = this.#owner ?? refuseToRemove();
    return signPruneOrder({ memberId, sessionId }, ownerSeed);
  }

  async condemnPacks(
    sessionId: SessionId,
    ids: readonly PackId[],
    seenSnapshots: readonly SnapshotId[],
  ): Promise<readonly PackId[]> {
    const order = this.#pruneOrder(sessionId);
    const condemned: PackId[] = [];
    for (const packs of inPieces(ids)) {
      const body = { sessionId, packs, seenSnapshots, order };
      condemned.push(...(await this.#client.call(CUSTODY.condemnPacks, { body })).packs);
    }
    return condemned;
  }

  /** The newest sessions first. */
  async journal(limit: number): Promise<readonly RemoteJournalEntry[]> {
    const query = { limit: Math.min(limit, MAX_ENTRIES) };
    const { entries } = await this.#client.call(ACCOUNT.journal, { query });
    return entries.map(({ figures, ...entry }) => ({ ...entry, figures: figuresIn(figures) }));
  }

  async reportFault(pack: PackId, storeId: ServiceStoreId, why: string): Promise<void> {
    const body = { storeId, why: why.slice(0, MAX_REASON) };
    await this.#client.call(CUSTODY.reportFault, { params: { pack }, body });
  }

  /** Evidence that this device has signed: the member's other devices hear of it. */
  async reportHistory(evidence: string): Promise<void> {
    await this.#client.call(INCIDENTS.reportHistory, { body: { evidence } });
  }

  async orderRemoval(
    packs: readonly PackId[],
    warrants: readonly DestroyPackWarrant[],
  ): Promise<void> {
    assert(packs.length <= MAX_PACKS_PER_CALL, 'an order names a bounded number of packs');
    await this.#client.call(CUSTODY.orderRemoval, { body: { bytes: encodeWarrants(warrants) } });
  }
}

type ServiceStoreId = Parameters<ServicePort['reportFault']>[1];

/** What a report may say of a fault. */
const MAX_REASON = 1024;

function refuseToRemove(): never {
  throw new KuraError('refused', 'this device only saves: it cannot remove anything', {
    guidance: 'Prune on a device that was set up with the recovery words.',
  });
}

function inPieces<T>(all: readonly T[]): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let at = 0; at < all.length; at += MAX_PACKS_PER_CALL) {
    pieces.push(all.slice(at, at + MAX_PACKS_PER_CALL));
  }
  return pieces;
}

/** Position of the first row whose id is larger; rows are ordered by id. */
function firstAfter(rows: readonly PackRow[], after: PackId): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && row.packId <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KuraError && error.code === 'not_found') return undefined;
    throw error;
  }
}

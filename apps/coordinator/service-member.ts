// The coordinator of one member of a service: what an embedded one does, judged by the contract, and what only a
// service does because gateways and stores are other machines. What a device may not do is not here.
import {
  type DeviceId,
  KuraError,
  type MemberId,
  type PackId,
  type SessionId,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import {
  type CustodyReceipt,
  checkPruneOrder,
  type DestroyPackWarrant,
  type PackChanges,
  type SessionKind,
  type SnapshotRow,
} from '@kura/contract';
import { adoptStore } from './adoption/adopted-stores.ts';
import { type BroughtPack, bringPacks } from './adoption/brought-packs.ts';
import { changedPacks } from './custody/changed-packs.ts';
import { commitSnapshot } from './custody/commit-snapshot.ts';
import { type NamedCopy, refuseForeignCopies } from './custody/copies-named.ts';
import { readProofs } from './custody/restore-proofs.ts';
import { readSnapshotPage } from './custody/snapshots.ts';
import { reportFault } from './incidents/report-fault.ts';
import { MemberCoordinator } from './member-coordinator.ts';
import { judgeContract } from './members/contract.ts';
import type { Network } from './network.ts';
import { releaseNotices } from './notices/release-notices.ts';
import { condemnPacks } from './prune/condemn.ts';
import { refuseWhileAwaited } from './returns/awaited.ts';
import { refuseTooMany } from './sessions/bounds.ts';
import { noteFigures } from './sessions/journal.ts';
import type { ProcessName } from './sessions/processes.ts';
import { beginSession, DEVICE_HOST, hasBegun, renewSession } from './sessions/sessions.ts';
import { type AdmittingKeys, admitEverywhere } from './stores/admissions.ts';
import { keepEarlyCommit } from './uploads/early-commits.ts';
import { recordUploads } from './uploads/settle.ts';
import { orderRemoval, ownerKeyOf } from './warrants/order.ts';

export interface ServiceMemberParts {
  readonly network: Network;
  readonly memberId: MemberId;
  readonly deviceId: DeviceId;
  readonly keys: AdmittingKeys;
}

/** Their packs come new to stores. */
const SAVING: ReadonlySet<SessionKind> = new Set<SessionKind>(['backup', 'prune']);

export interface AskedSession {
  /** The device drew it. */
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
  /** What the card says; another than the contract's is refused (A14). */
  readonly cardLevel: number;
}

export interface OrderedCondemnation {
  readonly sessionId: SessionId;
  readonly packs: readonly PackId[];
  readonly seenSnapshots: readonly SnapshotId[];
  /** As `signPruneOrder` wrote it. */
  readonly order: Uint8Array;
}

export interface ReleasedNotices {
  readonly sessionId: SessionId;
  /** Up to this number. */
  readonly covered: number;
  /** As `signPruneOrder` wrote it. */
  readonly order: Uint8Array;
}

/** A snapshot to be, and the packs that it needs. */
export type NewSnapshot = Parameters<typeof commitSnapshot>[1];

/** Hours, uses and level are judged when a backup begins, and of nothing else: what is saved is saved in one. */
function refuseOther(kind: SessionKind): void {
  if (kind === 'backup') return;
  throw new KuraError('refused', `within a ${kind} no snapshot is committed`, {
    guidance: 'Begin a backup.',
    context: { reason: 'session', kind },
  });
}

/** A process of a device cannot be looked at from here: its lease decides. */
function workerOf(deviceId: DeviceId): ProcessName {
  return { host: `${DEVICE_HOST}${deviceId}`, boot: '', pidSpace: '', pid: 0, started: '' };
}

export class ServiceMember extends MemberCoordinator {
  readonly #keys: AdmittingKeys;

  constructor({ network, memberId, deviceId, keys }: ServiceMemberParts) {
    super({ network, memberId, worker: workerOf(deviceId) });
    this.#keys = keys;
  }

  /** Once, however often it is asked for. Throws `refused` by the contract, `busy`, and what `hasBegun` throws. */
  async begin({ sessionId, kind, cardLevel }: AskedSession): Promise<void> {
    await this.transact(async (of) => {
      const nowMs = this.network.clock.nowMs();
      if (await hasBegun(this.lease(of), { sessionId, kind })) return;
      await refuseTooMany(this.lease(of));
      await judgeContract(of, { act: 'session', kind, cardLevel }, nowMs);
      await beginSession(this.lease(of), { sessionId, kind });
      if (SAVING.has(kind)) {
        await admitEverywhere(of.rows, of.memberId, { keys: this.#keys, nowMs });
      }
    });
  }

  /** Packs that gateways stored, and that the device has checked. */
  async recordStored(session: SessionId, packs: readonly PackId[]): Promise<void> {
    const { charter, clock } = this.network;
    const strength = { minimumCopies: charter.copies, packLeaves: charter.shape.packLeaves };
    await this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      await recordUploads(of, packs, { strength, nowMs: clock.nowMs(), session });
    });
  }

  /**
   * What can be judged of a commit before its body, which may be large: that it is within a living backup of a member
   * who may do anything here at all. The rest waits, because what is repeated after a lost answer is answered again.
   */
  mayCommit(session: SessionId): Promise<void> {
    return this.transact(async (of) => {
      const lease = this.lease(of);
      refuseOther(await renewSession(lease, session));
      await judgeContract(of, { act: 'read' }, lease.nowMs);
    });
  }

  /** As `commitSnapshot`; the same again is answered with the same receipt. */
  async commitOnce(session: SessionId, commit: NewSnapshot): Promise<CustodyReceipt> {
    const known = await this.#receiptOf(commit.head.snapshotId);
    if (known !== undefined) return known;
    const { charter, clock } = this.network;
    const signer = this.network.signer();
    const receipt = await this.transact(async (of) => {
      refuseOther(await renewSession(this.lease(of), session));
      const nowMs = clock.nowMs();
      await judgeContract(of, { act: 'commit' }, nowMs);
      const minimumCopies = charter.copies;
      const made = await commitSnapshot(of, commit, { signer, nowMs, minimumCopies });
      await noteFigures(of, session, { snapshotId: commit.head.snapshotId });
      return made;
    });
    return this.whenCosigned(commit.head, receipt);
  }

  /** As `commitOnce`, for a device that hangs up: undefined as long as packs are on their way to stores. */
  async commitLater(session: SessionId, commit: NewSnapshot): Promise<CustodyReceipt | undefined> {
    const known = await this.#receiptOf(commit.head.snapshotId);
    if (known !== undefined) return known;
    const nowMs = this.network.clock.nowMs();
    await this.transact(async (of) => {
      refuseOther(await renewSession(this.lease(of), session));
      await judgeContract(of, { act: 'commit' }, nowMs);
      await keepEarlyCommit(of, session, { commit, nowMs });
    });
    return undefined;
  }

  async #receiptOf(id: SnapshotId): Promise<CustodyReceipt | undefined> {
    const standing = await this.read(({ rows, memberId }) =>
      rows
        .selectFrom('snapshots')
        .select('snapshot_id')
        .where('member_id', '=', memberId)
        .where('snapshot_id', '=', id)
        .executeTakeFirst(),
    );
    return standing === undefined ? undefined : this.receipt(id);
  }

  changedPacks(sinceTick: number, limit: number): Promise<PackChanges> {
    return this.read((of) => changedPacks(of, { sinceTick, limit }));
  }

  proofPage(page: {
    readonly fromLeaf: number;
    readonly limit: number;
  }): ReturnType<typeof readProofs> {
    return this.read((of) => readProofs(of, page));
  }

  snapshotPage(page: Parameters<typeof readSnapshotPage>[1]): Promise<readonly SnapshotRow[]> {
    return this.read((of) => readSnapshotPage(of, page));
  }

  /** Throws `refused` unless this member may read, and every one is a copy of theirs at that store. */
  async mayRead(copies: readonly NamedCopy[]): Promise<void> {
    await this.read(async (of) => {
      await judgeContract(of, { act: 'read' }, this.network.clock.nowMs());
      await refuseForeignCopies(of, copies);
    });
  }

  /** Copies of this member there are under `copyKey`, from the time when the network was embedded. */
  adoptStore(storeId: StoreId, copyKey: Uint8Array): Promise<void> {
    const { random, clock } = this.network;
    return this.transact((of) =>
      adoptStore(of, { storeId, copyKey }, { random, nowMs: clock.nowMs() }),
    );
  }

  async adoptPacks(session: SessionId, packs: readonly BroughtPack[]): Promise<void> {
    const { charter, clock } = this.network;
    const { leafBytes, packLeaves } = charter.shape;
    const strength = { minimumCopies: charter.copies, packLeaves };
    await this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      await bringPacks(of, packs, { strength, leafBytes, nowMs: clock.nowMs() });
    });
  }

  reportFault(packId: PackId, storeId: StoreId, why: string): Promise<void> {
    const nowMs = this.network.clock.nowMs();
    return this.transact((of) => reportFault(of, { packId, storeId, why }, nowMs));
  }

  /** As `condemnPacks`; `refused` unless the owner has signed for this session. */
  async condemnOrdered(condemnation: OrderedCondemnation): Promise<readonly PackId[]> {
    const { sessionId: session, packs, seenSnapshots, order } = condemnation;
    return this.transact(async (of) => {
      const lease = this.lease(of);
      await renewSession(lease, session);
      await refuseWhileAwaited(of);
      checkPruneOrder(order, { memberId: of.memberId, sessionId: session }, await ownerKeyOf(of));
      return condemnPacks(lease, { session, packs, seenSnapshots });
    });
  }

  /** Of the member's card, within a prune; `refused` unless the owner has signed for this session. */
  async releaseNotices({ sessionId, covered, order }: ReleasedNotices): Promise<void> {
    const nowMs = this.network.clock.nowMs();
    await this.transact(async (of) => {
      const kind = await renewSession(this.lease(of), sessionId);
      if (kind !== 'prune') throw new KuraError('refused', 'only a prune releases notices');
      await refuseWhileAwaited(of);
      checkPruneOrder(order, { memberId: of.memberId, sessionId }, await ownerKeyOf(of));
      await releaseNotices(of, { covered, nowMs });
    });
  }

  async orderRemoval(warrants: readonly DestroyPackWarrant[]): Promise<void> {
    const { charter, clock } = this.network;
    const options = { removalDelayMs: charter.removalDelayMs, nowMs: clock.nowMs() };
    await this.transact((of) => orderRemoval(of, warrants, options));
  }
}

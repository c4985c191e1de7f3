// The coordinator of one member, over the tables of its network. Each method is one transaction (or one
// read); what it does is in the folder of its noun. Whoever has only this cannot name another member's rows.
import {
  type DeviceId,
  type MemberId,
  type PackId,
  type SessionId,
  type SnapshotId,
  type StoreId,
  sessionId,
  toHex,
} from '@kura/base';
import type {
  CopyState,
  CustodyReceipt,
  EventsPort,
  HomeDescription,
  KeeperPort,
  KeptOrder,
  KeptProof,
  LoggedCustodyEvent,
  NetworkDescription,
  PackRecord,
  PackRow,
  PlaceDescription,
  RestoreProof,
  SessionKind,
  SessionOutcome,
  SnapshotHead,
  SnapshotRow,
  StoredCopy,
  StoreState,
} from '@kura/contract';
import { transact } from '@kura/database';
import { commitSnapshot } from './custody/commit-snapshot.ts';
import { addCopy, dropCopy, setCopyState } from './custody/copies.ts';
import { readLoggedEvents } from './custody/event-receipts.ts';
import { forgetSnapshots, readForgetOrders } from './custody/forget-snapshots.ts';
import { readPack, readPacks } from './custody/read-packs.ts';
import { readReceipt } from './custody/receipts.ts';
import { recordPacks } from './custody/record-packs.ts';
import { noteProof, readProofs } from './custody/restore-proofs.ts';
import { readSnapshots } from './custody/snapshots.ts';
import type { MemberRows } from './db/tables.ts';
import { withWitnesses } from './log/prove-entry.ts';
import { readLevel } from './members/contract.ts';
import { readDevicePlaces, setDevicePlace } from './members/device-places.ts';
import { readHome, setHome } from './members/members.ts';
import { readUsage, type Usage } from './members/usage.ts';
import { withRegions } from './moves/regions.ts';
import type { Network } from './network.ts';
import { condemnPacks } from './prune/condemn.ts';
import { dropPacks } from './prune/drop.ts';
import { markPacks, rescuePack, unmarkPacks } from './prune/mark.ts';
import { dropHeadsAside } from './removal/forgotten.ts';
import {
  type Figures,
  type JournalEntry,
  noteFigures,
  noteLine,
  readJournal,
} from './sessions/journal.ts';
import type { ProcessName } from './sessions/processes.ts';
import {
  beginSession,
  endSession,
  type LeaseContext,
  type LivingSession,
  livingSessions,
  renewSession,
} from './sessions/sessions.ts';
import { readStores } from './stores/stores.ts';
import { withRisk } from './stores/with-risk.ts';

export interface MemberParts {
  readonly network: Network;
  readonly memberId: MemberId;
  /** Whose sessions these are; default this process. */
  readonly worker?: ProcessName;
}

const SESSION_ID_BYTES = 16;

export class MemberCoordinator implements KeeperPort, EventsPort {
  readonly memberId: MemberId;
  protected readonly network: Network;
  readonly #worker: ProcessName;

  constructor({ network, memberId, worker = network.processes.self }: MemberParts) {
    this.network = network;
    this.memberId = memberId;
    this.#worker = worker;
  }

  async describe(): Promise<NetworkDescription> {
    const { shape, copies, removalDelayMs } = this.network.charter;
    return this.read(async (of) => {
      const { rows, memberId } = of;
      const home = await readHome(of);
      const level = await readLevel(of, this.network.clock.nowMs());
      const known = await withRegions(of, [...(await readStores(rows)).values()]);
      const stores = await withRisk(rows, known, level);
      return { memberId, shape, home, copies, level, removalDelayMs, stores };
    });
  }

  // ── Sessions ────────────────────────────────────────────────────────────────────────────────────

  /** `busy` if a prune or repair is to begin while another one lives. */
  beginSession(
    kind: SessionKind,
    id: SessionId = sessionId(toHex(this.network.random.bytes(SESSION_ID_BYTES))),
  ): Promise<SessionId> {
    return this.transact(async (of) => {
      await beginSession(this.lease(of), { sessionId: id, kind });
      return id;
    });
  }

  async renewSession(session: SessionId): Promise<void> {
    await this.transact((of) => renewSession(this.lease(of), session));
  }

  endSession(
    session: SessionId,
    outcome: SessionOutcome = 'done',
    figures: Figures = {},
  ): Promise<void> {
    const result = { outcome, figures };
    return this.transact((of) => endSession(this.lease(of), session, result));
  }

  noteSession(session: SessionId, line: Uint8Array): Promise<void> {
    return this.transact((of) => noteLine(of, session, line));
  }

  sessions(): Promise<readonly LivingSession[]> {
    return this.transact((of) => livingSessions(this.lease(of)));
  }

  /** The newest sessions first. */
  journal(limit = 100): Promise<readonly JournalEntry[]> {
    return readJournal(this.#of, limit);
  }

  // ── Packs and copies ────────────────────────────────────────────────────────────────────────────

  recordPacks(session: SessionId, packs: readonly PackRecord[]): Promise<void> {
    const { copies: minimumCopies, shape } = this.network.charter;
    const strength = { minimumCopies, packLeaves: shape.packLeaves };
    return this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      await recordPacks(of, packs, { strength, nowMs: this.network.clock.nowMs(), session });
    });
  }

  pack(packId: PackId): Promise<PackRow | undefined> {
    return this.read((of) => readPack(of, packId));
  }

  packs(after: PackId | undefined, limit: number): Promise<readonly PackRow[]> {
    return this.read((of) => readPacks(of, { after, limit }));
  }

  setCopyState(packId: PackId, storeId: StoreId, state: CopyState): Promise<void> {
    return this.transact((of) => setCopyState(of, { packId, storeId }, state));
  }

  addCopy(packId: PackId, copy: StoredCopy): Promise<void> {
    return this.transact((of) => addCopy(of, packId, copy));
  }

  dropCopy(packId: PackId, storeId: StoreId): Promise<void> {
    const { copies } = this.network.charter;
    return this.transact((of) => dropCopy(of, { packId, storeId }, copies));
  }

  // ── Snapshots and receipts ──────────────────────────────────────────────────────────────────────

  commitSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    return this.commit(session, { head, uses }, this.network.charter.copies);
  }

  snapshots(): Promise<readonly SnapshotRow[]> {
    return readSnapshots(this.#of);
  }

  forgetSnapshots(order: Uint8Array): Promise<void> {
    return this.transact((of) => forgetSnapshots(of, order, this.network.clock.nowMs()));
  }

  forgetOrders(after: number, limit: number): Promise<readonly KeptOrder[]> {
    return this.read((of) => readForgetOrders(of, { after, limit }));
  }

  receipt(id: SnapshotId): Promise<CustodyReceipt | undefined> {
    return this.read(async (of) => {
      const receipt = await readReceipt(of, id);
      return receipt === undefined ? undefined : withWitnesses(of.rows, receipt);
    });
  }

  /** What happened since; see `EventsPort`. */
  events(after: number, limit: number): Promise<readonly LoggedCustodyEvent[]> {
    return this.read((of) => readLoggedEvents(of, { after, limit }));
  }

  noteProof(proof: RestoreProof): Promise<void> {
    return this.transact((of) => noteProof(of, proof, this.network.clock.nowMs()));
  }

  proofs(): Promise<readonly KeptProof[]> {
    const all = { fromLeaf: 0, limit: Number.MAX_SAFE_INTEGER };
    return this.read((of) => readProofs(of, all));
  }

  // ── Removal ─────────────────────────────────────────────────────────────────────────────────────

  markPacks(packs: readonly PackId[]): Promise<void> {
    return this.transact((of) => markPacks(of, packs, this.network.clock.nowMs()));
  }

  rescuePack(session: SessionId, packId: PackId): Promise<boolean> {
    return this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      return rescuePack(of, packId);
    });
  }

  unmarkPacks(packs: readonly PackId[]): Promise<void> {
    return this.transact((of) => unmarkPacks(of, packs));
  }

  condemnPacks(
    session: SessionId,
    packs: readonly PackId[],
    seenSnapshots: readonly SnapshotId[],
  ): Promise<readonly PackId[]> {
    return this.transact(async (of) => {
      const lease = this.lease(of);
      await renewSession(lease, session);
      return condemnPacks(lease, { session, packs, seenSnapshots });
    });
  }

  dropPacks(packs: readonly PackId[]): Promise<void> {
    return this.transact(async (of) => {
      await dropPacks(of, packs, this.network.clock.nowMs());
      // Bytes go now: what was forgotten before may miss them.
      await dropHeadsAside(of);
    });
  }

  // ── The member ──────────────────────────────────────────────────────────────────────────────────

  usage(): Promise<Usage> {
    return readUsage(this.#of);
  }

  setHome(home: HomeDescription): Promise<void> {
    return this.transact((of) => setHome(of, home, this.network.clock.nowMs()));
  }

  devicePlaces(): Promise<ReadonlyMap<DeviceId, PlaceDescription>> {
    return this.read(readDevicePlaces);
  }

  /** `undefined`: it is at home again. */
  setDevicePlace(deviceId: DeviceId, place: PlaceDescription | undefined): Promise<void> {
    const nowMs = this.network.clock.nowMs();
    return this.transact((of) => setDevicePlace(of, { deviceId, place, nowMs }));
  }

  setStoreState(storeId: StoreId, state: StoreState): Promise<void> {
    return this.network.setStoreState(storeId, state);
  }

  get #of(): MemberRows {
    return { rows: this.network.database.kysely, memberId: this.memberId };
  }

  protected transact<Result>(work: (of: MemberRows) => Promise<Result>): Promise<Result> {
    const { memberId } = this;
    return transact(this.network.database, (rows) => work({ rows, memberId }));
  }

  protected read<Result>(work: (of: MemberRows) => Promise<Result>): Promise<Result> {
    const { memberId } = this;
    return this.network.database.read((rows) => work({ rows, memberId }));
  }

  protected lease(of: MemberRows): LeaseContext {
    const { processes, clock } = this.network;
    return { ...of, processes, worker: this.#worker, nowMs: clock.nowMs() };
  }

  protected async commit(
    session: SessionId,
    commit: { readonly head: SnapshotHead; readonly uses: readonly PackId[] },
    minimumCopies: number,
  ): Promise<CustodyReceipt> {
    const signer = this.network.signer();
    const receipt = await this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      const nowMs = this.network.clock.nowMs();
      const made = await commitSnapshot(of, commit, { signer, nowMs, minimumCopies });
      await noteFigures(of, session, { snapshotId: commit.head.snapshotId });
      return made;
    });
    return this.whenCosigned(commit.head, receipt);
  }

  /** The receipt under the head that witnesses have cosigned meanwhile, or as it was made. */
  protected async whenCosigned(
    { snapshotId }: SnapshotHead,
    receipt: CustodyReceipt,
  ): Promise<CustodyReceipt> {
    const isAsked = await this.network.cosign();
    return isAsked ? ((await this.receipt(snapshotId)) ?? receipt) : receipt;
  }
}

// The coordinator of one network, over its tables. Each method is one transaction (or one read); what it
// does is in the folder of its noun. It decides nothing about bytes and sees no plaintext: it could not
// read a member's data if it wanted to.
import {
  type Clock,
  KuraError,
  type MemberId,
  type NetworkShape,
  type PackId,
  type Random,
  type SessionId,
  type SnapshotId,
  type StoreId,
  sessionId,
  toHex,
} from '@kura/base';
import type {
  CoordinatorPort,
  CopyState,
  CustodyReceipt,
  HomeDescription,
  NetworkDescription,
  PackRecord,
  PackRow,
  SessionKind,
  SnapshotHead,
  SnapshotRow,
  StoredCopy,
  StoreState,
} from '@kura/contract';
import { transact } from '@kura/database';
import type { LogKey } from '@kura/log';
import { type AdoptedPack, adoptCopies, adoptPacks } from './custody/adopt.ts';
import { commitSnapshot } from './custody/commit-snapshot.ts';
import { addCopy, dropCopy, setCopyState } from './custody/copies.ts';
import { type LogSigner, logSigner } from './custody/log-key.ts';
import { readPack, readPacks } from './custody/read-packs.ts';
import { type LogView, readLog, readReceipt } from './custody/receipts.ts';
import { recordPacks } from './custody/record-packs.ts';
import { forgetSnapshots, readSnapshots } from './custody/snapshots.ts';
import type { CoordinatorDatabase, Rows } from './db/tables.ts';
import { type Contract, levelOf } from './members/level.ts';
import { readMember, setContract, setHome } from './members/members.ts';
import { condemnPacks } from './prune/condemn.ts';
import { dropPacks } from './prune/drop.ts';
import { markPacks, rescuePack, unmarkPacks } from './prune/mark.ts';
import { type JournalEntry, readJournal, type SessionResult } from './sessions/journal.ts';
import {
  beginSession,
  endSession,
  type LeaseContext,
  type LivingSession,
  livingSessions,
  renewSession,
} from './sessions/leases.ts';
import type { Processes } from './sessions/processes.ts';
import {
  readStores,
  registerStore,
  type StoreChange,
  type StoreRegistration,
  setStoreState,
  storeChanges,
  updateStore,
} from './stores/stores.ts';

/** What was fixed when the network was founded. */
export interface Charter {
  readonly memberId: MemberId;
  readonly shape: NetworkShape;
  readonly copies: number;
  readonly removalDelayMs: number;
  readonly log: LogKey;
}

export interface CoordinatorParts {
  readonly database: CoordinatorDatabase;
  readonly charter: Charter;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
}

const SESSION_ID_BYTES = 16;
const DONE: SessionResult = { outcome: 'done', figures: {} };

export class Coordinator implements CoordinatorPort {
  #charter: Charter;
  readonly #database: CoordinatorDatabase;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #processes: Processes;
  #signer: LogSigner | undefined;

  constructor({ database, charter, clock, random, processes }: CoordinatorParts) {
    this.#charter = charter;
    this.#database = database;
    this.#clock = clock;
    this.#random = random;
    this.#processes = processes;
  }

  get charter(): Charter {
    return this.#charter;
  }

  /** Needed for what is signed, that is for commits only. `refused` if it is another network's secret. */
  unlock(networkSecret: Uint8Array): void {
    const signer = logSigner(networkSecret, this.charter.memberId);
    if (toHex(signer.publicKey) !== toHex(this.charter.log.publicKey)) {
      throw new KuraError('refused', 'this secret belongs to another network');
    }
    this.#signer = signer;
  }

  /** The tables are closed as well; sessions that still live end with the process. */
  close(): void {
    this.#database.close();
  }

  checkTables(): void {
    this.#database.checkIntegrity();
  }

  async describe(): Promise<NetworkDescription> {
    const { memberId, shape, copies, removalDelayMs } = this.charter;
    return this.#database.read(async (rows) => {
      const { home, contract } = await readMember(rows, memberId);
      const stores = [...(await readStores(rows)).values()];
      const level = levelOf(contract, this.#clock.nowMs());
      return { memberId, shape, home, copies, level, removalDelayMs, stores };
    });
  }

  // ── Sessions ────────────────────────────────────────────────────────────────────────────────────

  /** `busy` if a prune or repair is to begin while another one lives. */
  beginSession(kind: SessionKind): Promise<SessionId> {
    const id = sessionId(toHex(this.#random.bytes(SESSION_ID_BYTES)));
    return this.#transact(async (rows) => {
      await beginSession(this.#lease(rows), { sessionId: id, kind });
      return id;
    });
  }

  renewSession(session: SessionId): Promise<void> {
    return this.#transact((rows) => renewSession(this.#lease(rows), session));
  }

  endSession(session: SessionId, result: SessionResult = DONE): Promise<void> {
    return this.#transact((rows) => endSession(this.#lease(rows), session, result));
  }

  sessions(): Promise<readonly LivingSession[]> {
    return this.#transact((rows) => livingSessions(this.#lease(rows)));
  }

  /** The newest sessions first. */
  journal(limit = 100): Promise<readonly JournalEntry[]> {
    return readJournal(this.#rows, limit);
  }

  // ── Packs and copies ────────────────────────────────────────────────────────────────────────────

  recordPacks(session: SessionId, packs: readonly PackRecord[]): Promise<void> {
    const { copies: minimumCopies, shape } = this.charter;
    const strength = { minimumCopies, packLeaves: shape.packLeaves };
    return this.#transact(async (rows) => {
      await renewSession(this.#lease(rows), session);
      await recordPacks(rows, packs, { strength, nowMs: this.#clock.nowMs() });
    });
  }

  pack(packId: PackId): Promise<PackRow | undefined> {
    return this.#database.read((rows) => readPack(rows, packId));
  }

  packs(after: PackId | undefined, limit: number): Promise<readonly PackRow[]> {
    return this.#database.read((rows) => readPacks(rows, { after, limit }));
  }

  setCopyState(packId: PackId, storeId: StoreId, state: CopyState): Promise<void> {
    return this.#transact((rows) => setCopyState(rows, { packId, storeId }, state));
  }

  addCopy(packId: PackId, copy: StoredCopy): Promise<void> {
    return this.#transact((rows) => addCopy(rows, packId, copy));
  }

  dropCopy(packId: PackId, storeId: StoreId): Promise<void> {
    const { copies } = this.charter;
    return this.#transact((rows) => dropCopy(rows, { packId, storeId }, copies));
  }

  /** After a total loss: packs as the stores have them, whatever is left of them. */
  adoptPacks(session: SessionId, packs: readonly AdoptedPack[]): Promise<void> {
    return this.#transact(async (rows) => {
      await renewSession(this.#lease(rows), session);
      await adoptPacks(rows, packs, this.#clock.nowMs());
    });
  }

  /** After a total loss: what the network was founded with, as its snapshots tell. */
  async adoptFounding(founding: {
    readonly copies: number;
    readonly home: HomeDescription;
  }): Promise<void> {
    const { copies, home } = founding;
    await this.#transact(async (rows) => {
      await adoptCopies(rows, copies);
      await setHome(rows, this.charter.memberId, home);
    });
    this.#charter = { ...this.#charter, copies };
  }

  // ── Snapshots and receipts ──────────────────────────────────────────────────────────────────────

  commitSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    return this.#commit(session, { head, uses }, this.charter.copies);
  }

  /** After a total loss: as `commitSnapshot`, however few copies are left. */
  adoptSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    return this.#commit(session, { head, uses }, 0);
  }

  snapshots(): Promise<readonly SnapshotRow[]> {
    return readSnapshots(this.#rows);
  }

  forgetSnapshots(ids: readonly SnapshotId[]): Promise<void> {
    return this.#transact((rows) => forgetSnapshots(rows, ids));
  }

  receipt(id: SnapshotId): Promise<CustodyReceipt | undefined> {
    return readReceipt(this.#rows, id);
  }

  log(): Promise<LogView> {
    return this.#database.read(readLog);
  }

  // ── Removal ─────────────────────────────────────────────────────────────────────────────────────

  markPacks(packs: readonly PackId[]): Promise<void> {
    return this.#transact((rows) => markPacks(rows, packs, this.#clock.nowMs()));
  }

  rescuePack(session: SessionId, packId: PackId): Promise<boolean> {
    return this.#transact(async (rows) => {
      await renewSession(this.#lease(rows), session);
      return rescuePack(rows, packId);
    });
  }

  unmarkPacks(packs: readonly PackId[]): Promise<void> {
    return this.#transact((rows) => unmarkPacks(rows, packs));
  }

  condemnPacks(
    session: SessionId,
    packs: readonly PackId[],
    seenSnapshots: readonly SnapshotId[],
  ): Promise<readonly PackId[]> {
    return this.#transact(async (rows) => {
      const lease = this.#lease(rows);
      await renewSession(lease, session);
      return condemnPacks(lease, { session, packs, seenSnapshots });
    });
  }

  dropPacks(packs: readonly PackId[]): Promise<void> {
    return this.#transact((rows) => dropPacks(rows, packs, this.#clock.nowMs()));
  }

  // ── Stores and members ──────────────────────────────────────────────────────────────────────────

  registerStore(store: StoreRegistration): Promise<void> {
    return this.#transact((rows) => registerStore(rows, store, this.#clock.nowMs()));
  }

  updateStore(store: StoreRegistration): Promise<void> {
    return this.#transact((rows) => updateStore(rows, store, this.#clock.nowMs()));
  }

  setStoreState(storeId: StoreId, state: StoreState): Promise<void> {
    const change = { state, nowMs: this.#clock.nowMs() };
    return this.#transact((rows) => setStoreState(rows, storeId, change));
  }

  storeChanges(): Promise<readonly StoreChange[]> {
    return storeChanges(this.#rows);
  }

  setHome(home: HomeDescription): Promise<void> {
    return this.#transact((rows) => setHome(rows, this.charter.memberId, home));
  }

  setContract(contract: Contract): Promise<void> {
    return this.#transact((rows) => setContract(rows, this.charter.memberId, contract));
  }

  get #rows(): Rows {
    return this.#database.kysely;
  }

  #transact<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return transact(this.#database, work);
  }

  #lease(rows: Rows): LeaseContext {
    return { rows, processes: this.#processes, nowMs: this.#clock.nowMs() };
  }

  async #commit(
    session: SessionId,
    commit: { readonly head: SnapshotHead; readonly uses: readonly PackId[] },
    minimumCopies: number,
  ): Promise<CustodyReceipt> {
    const signer = this.#signer;
    if (signer === undefined) {
      throw new KuraError(
        'refused',
        'a snapshot cannot be signed for before the passphrase is given',
      );
    }
    const { memberId } = this.charter;
    return this.#transact(async (rows) => {
      await renewSession(this.#lease(rows), session);
      const nowMs = this.#clock.nowMs();
      return commitSnapshot(rows, commit, { memberId, signer, nowMs, minimumCopies });
    });
  }
}

// One network over its tables: what it was founded as, its stores, its log, and the way to each of its
// members. It decides nothing about bytes and sees no plaintext: it could not read a member's data if it
// wanted to.
import {
  assert,
  type Clock,
  KuraError,
  type MemberId,
  type NetworkShape,
  type Random,
  type StoreId,
  toHex,
} from '@kura/base';
import type { StoreState } from '@kura/contract';
import { transact } from '@kura/database';
import type { LogKey, WitnessPolicy } from '@kura/log';
import { type LogSigner, logSigner } from './custody/log-key.ts';
import type { CoordinatorDatabase, NetworkKind, Rows } from './db/tables.ts';
import { type LogView, readLog } from './log/view.ts';
import { readPolicy } from './log/witnesses.ts';
import type { Processes } from './sessions/processes.ts';
import {
  registerStore,
  type StoreChange,
  type StoreRegistration,
  setStoreState,
  storeChanges,
  updateStore,
} from './stores/stores.ts';

/** What was fixed when the network was founded. */
export interface Charter {
  readonly kind: NetworkKind;
  /** Of an embedded network its one member; of a service the network's own id. */
  readonly memberId: MemberId;
  readonly shape: NetworkShape;
  readonly copies: number;
  readonly removalDelayMs: number;
  readonly log: LogKey;
}

export interface NetworkParts {
  readonly database: CoordinatorDatabase;
  readonly charter: Charter;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
}

/** Has the log cosigned by its witnesses (log/cosigner.ts). */
export interface Cosigning {
  /** Whether anybody was asked. Never throws, and ends within seconds. */
  soon(): Promise<boolean>;
  close(): void;
}

export class Network {
  readonly database: CoordinatorDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  #charter: Charter;
  #signer: LogSigner | undefined;
  #cosigning: Cosigning | undefined;

  constructor({ database, charter, clock, random, processes }: NetworkParts) {
    this.database = database;
    this.clock = clock;
    this.random = random;
    this.processes = processes;
    this.#charter = charter;
  }

  get charter(): Charter {
    return this.#charter;
  }

  /** After a total loss: the tables say another number of copies now. */
  setCopies(copies: number): void {
    this.#charter = { ...this.#charter, copies };
  }

  /** Needed for what is signed, that is for commits only. `refused` if it is another network's secret. */
  unlock(networkSecret: Uint8Array): void {
    const signer = logSigner(networkSecret, this.charter.log.origin);
    if (toHex(signer.publicKey) !== toHex(this.charter.log.publicKey)) {
      throw new KuraError('refused', 'this secret belongs to another network');
    }
    this.#signer = signer;
  }

  /** Throws `refused` before `unlock`. */
  signer(): LogSigner {
    if (this.#signer !== undefined) return this.#signer;
    throw new KuraError(
      'refused',
      'a snapshot cannot be signed for before the passphrase is given',
    );
  }

  /** From now on what is committed is shown to witnesses before it is answered. */
  cosignWith(cosigning: Cosigning): void {
    this.#cosigning = cosigning;
  }

  /** After a commit; false if nobody was asked. */
  async cosign(): Promise<boolean> {
    return (await this.#cosigning?.soon()) ?? false;
  }

  /** The tables are closed as well; sessions that still live end with the process. */
  close(): void {
    this.#cosigning?.close();
    this.database.close();
  }

  checkTables(): void {
    this.database.checkIntegrity();
  }

  /** Which witnesses count here; one that asks for none as long as there are none. */
  witnessPolicy(): Promise<WitnessPolicy> {
    return this.database.read((rows) => readPolicy(rows, this.charter.log));
  }

  log(): Promise<LogView> {
    assert(
      this.charter.kind === 'embedded',
      'the log of a service has too many leaves for one answer',
    );
    return this.database.read(readLog);
  }

  // ── Stores ──────────────────────────────────────────────────────────────────────────────────────

  registerStore(store: StoreRegistration): Promise<void> {
    return this.#transact((rows) => registerStore(rows, store, this.clock.nowMs()));
  }

  updateStore(store: StoreRegistration): Promise<void> {
    return this.#transact((rows) => updateStore(rows, store, this.clock.nowMs()));
  }

  setStoreState(storeId: StoreId, state: StoreState): Promise<void> {
    const change = { state, nowMs: this.clock.nowMs() };
    return this.#transact((rows) => setStoreState(rows, storeId, change));
  }

  storeChanges(): Promise<readonly StoreChange[]> {
    return storeChanges(this.database.kysely);
  }

  #transact<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return transact(this.database, work);
  }
}

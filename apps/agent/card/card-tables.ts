// The tables of a network as a card and its catalogues tell them: to be read, by the same code that reads a
// coordinator's. Nothing can be changed without the network, and every verb that would says so.
import type { PackId, SnapshotId } from '@kura/base';
import type {
  CoordinatorPort,
  CustodyReceipt,
  KeptOrder,
  KeptProof,
  LoggedCustodyEvent,
  NetworkDescription,
  PackRow,
  SnapshotRow,
} from '@kura/contract';
import { figuresIn, type RemoteJournalEntry } from '../network/remote-journal.ts';
import type { CardFiles } from './card-files.ts';
import { CardLog, JOURNAL, RECEIPTS } from './card-log.ts';
import { refuseChange } from './read-only.ts';

export interface CardTablesOptions {
  readonly files: CardFiles;
  readonly description: NetworkDescription;
  /** Ordered by id. */
  readonly packs: readonly PackRow[];
  readonly snapshots: readonly SnapshotRow[];
  readonly forgotten: ReadonlySet<SnapshotId>;
}

export class CardTables implements CoordinatorPort {
  readonly beginSession = refuseChange;
  readonly renewSession = refuseChange;
  readonly endSession = refuseChange;
  readonly noteSession = refuseChange;
  readonly recordPacks = refuseChange;
  readonly commitSnapshot = refuseChange;
  readonly noteProof = refuseChange;
  readonly forgetSnapshots = refuseChange;
  readonly markPacks = refuseChange;
  readonly rescuePack = refuseChange;
  readonly unmarkPacks = refuseChange;
  readonly condemnPacks = refuseChange;
  readonly #options: CardTablesOptions;
  readonly #packs: ReadonlyMap<PackId, PackRow>;

  constructor(options: CardTablesOptions) {
    this.#options = options;
    this.#packs = new Map(options.packs.map((row) => [row.packId, row]));
  }

  /** What the owner had forgotten when the newest catalogue was written. */
  get forgotten(): ReadonlySet<SnapshotId> {
    return this.#options.forgotten;
  }

  async describe(): Promise<NetworkDescription> {
    return this.#options.description;
  }

  async pack(packId: PackId): Promise<PackRow | undefined> {
    return this.#packs.get(packId);
  }

  async packs(after: PackId | undefined, limit: number): Promise<readonly PackRow[]> {
    const { packs } = this.#options;
    const from = after === undefined ? 0 : packs.findIndex(({ packId }) => packId > after);
    return from < 0 ? [] : packs.slice(from, from + limit);
  }

  async snapshots(): Promise<readonly SnapshotRow[]> {
    return this.#options.snapshots;
  }

  /** A catalogue says what was forgotten (`forgotten`), not by which order. */
  async forgetOrders(): Promise<readonly KeptOrder[]> {
    return [];
  }

  /** A card does not know what was proved since. */
  async proofs(): Promise<readonly KeptProof[]> {
    return [];
  }

  async receipt(snapshot: SnapshotId): Promise<CustodyReceipt | undefined> {
    const kept = new CardLog(this.#options.files, RECEIPTS).newest();
    return kept.find(({ snapshotId }) => snapshotId === snapshot)?.receipt;
  }

  /** Of the events of custody those that the card was given, in the order of the member's chain. */
  async events(
    after: number,
    limit: number,
  ): Promise<readonly Pick<LoggedCustodyEvent, 'number' | 'receipt'>[]> {
    const events: Pick<LoggedCustodyEvent, 'number' | 'receipt'>[] = [];
    for (const { event, receipt } of new CardLog(this.#options.files, RECEIPTS).newest()) {
      if (event !== undefined && event > after) events.push({ number: event, receipt });
    }
    return events.sort((a, b) => a.number - b.number).slice(0, limit);
  }

  /** The newest sessions first, of this card's own devices. */
  async journal(limit: number): Promise<readonly RemoteJournalEntry[]> {
    const kept = new CardLog(this.#options.files, JOURNAL).newest().take(limit);
    return [...kept.map(({ figures, ...entry }) => ({ ...entry, figures: figuresIn(figures) }))];
  }
}

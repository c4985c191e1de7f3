// The coordinator as a device with a card sees it: whatever a session changed is on the card, and in a catalogue at the
// stores, before the session ends. What the card cannot take is told, and fails nothing: the network has it.
import type { PackId, SessionId, SnapshotId } from '@kura/base';
import {
  type CustodyReceipt,
  type DestroyPackWarrant,
  MAX_EVENTS,
  type PackRow,
  type SessionOutcome,
  type SnapshotHead,
} from '@kura/contract';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import type { HistoryMemory } from '../heads/history-memory.ts';
import { RemoteCoordinator, type RemoteCoordinatorOptions } from '../network/remote-coordinator.ts';
import { policyFor } from '../network/witness-policy.ts';
import type { CardFiles, CardHeads } from './card-files.ts';
import { CardLog, JOURNAL, RECEIPTS } from './card-log.ts';
import { CatalogueChain } from './catalogue/keep-chain.ts';
import type { CatalogueTools } from './catalogue/pack.ts';
import { checkChain, keptEvent } from './event-chain.ts';
import { renewReceipts } from './renew-receipts.ts';

export interface KeptCoordinatorOptions extends RemoteCoordinatorOptions {
  readonly card: CardFiles;
  readonly catalogueKey: Uint8Array;
  readonly stores: readonly CardStore[];
  /** Of the newest notice when the session began. */
  readonly notices: number;
  /** The network was rebuilt and does not know all yet: a catalogue of what it shows would hide the rest. */
  readonly awaitsReturns: boolean;
  readonly history: HistoryMemory;
  /** For packs that are sent within this session. */
  readonly toolsFor: (session: SessionId) => CatalogueTools;
  /** Something that the person should know and that ends nothing. */
  readonly warn: (message: string) => void;
}

/** Of the network's journal, what the card takes over after a session: several may have ended since. */
const TAKEN_SESSIONS = 20;

export class KeptCoordinator extends RemoteCoordinator {
  readonly #options: KeptCoordinatorOptions;
  readonly #chain: CatalogueChain;
  #isChanged = false;
  #shown: { readonly of: readonly PackRow[]; readonly rows: readonly PackRow[] } | undefined;

  constructor(options: KeptCoordinatorOptions) {
    super(options);
    this.#options = options;
    this.#chain = new CatalogueChain(options.catalogueKey);
  }

  override async commitSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    const receipt = await super.commitSnapshot(session, head, uses);
    this.#isChanged = true;
    await this.#keepReceipt(head.snapshotId, { timeMs: head.timeMs, receipt });
    return receipt;
  }

  override async orderRemoval(
    packs: readonly PackId[],
    warrants: readonly DestroyPackWarrant[],
  ): Promise<void> {
    await super.orderRemoval(packs, warrants);
    this.#isChanged = true;
  }

  override async endSession(session: SessionId, outcome?: SessionOutcome): Promise<void> {
    if (this.#isChanged && !this.#options.awaitsReturns) await this.#keepCatalogue(session);
    await super.endSession(session, outcome);
    await this.#keepEvents();
    await this.#renewReceipts();
    await this.#keepJournal();
  }

  /** Catalogues are nobody's but the card's, as long as they are wanted. */
  protected override shown(all: readonly PackRow[]): readonly PackRow[] {
    if (this.#shown?.of === all) return this.#shown.rows;
    const kept = this.#chain.kept(all, this.#heads());
    const rows = all.filter(({ packId }) => !kept.has(packId));
    this.#shown = { of: all, rows };
    return rows;
  }

  /** Of a card that was pulled out: nothing is known, and so nothing is given away. */
  #heads(): CardHeads {
    return this.#options.card.heads();
  }

  async #keepCatalogue(session: SessionId): Promise<void> {
    const { card, stores, history, toolsFor } = this.#options;
    await this.#try('its catalogue could not be written', async () => {
      // What the network told before this session is in the catalogue that is written now.
      const before = { ...card.heads(), notice: this.#options.notices };
      const heads = await this.#chain.write(before, {
        ...{ tables: this, stores, forgotten: [...history.read().forgotten] },
        tools: toolsFor(session),
        record: (pack) => this.recordPacks(session, [pack]),
      });
      this.#isChanged = false;
      await card.saveHeads(heads);
    });
  }

  #keepReceipt(
    snapshotId: SnapshotId,
    kept: { readonly timeMs: number; readonly receipt: CustodyReceipt },
  ): Promise<void> {
    return this.#try('it did not get the receipt', () =>
      new CardLog(this.#options.card, RECEIPTS).add([{ snapshotId, event: undefined, ...kept }]),
    );
  }

  /** What the network has done by itself since: moves, repairs, removals, other keys. */
  #keepEvents(): Promise<void> {
    return this.#try('it did not get the events of custody', async () => {
      const log = new CardLog(this.#options.card, RECEIPTS);
      let last = log.newest().find(({ event }) => event !== undefined);
      for (;;) {
        const page = await this.events(last?.event ?? 0, MAX_EVENTS);
        const events = page.map(keptEvent);
        checkChain(last, events);
        await log.add(events);
        last = events.at(-1) ?? last;
        if (events.length < MAX_EVENTS) return;
      }
    });
  }

  #renewReceipts(): Promise<void> {
    return this.#try('receipts of before could not be renewed', async () => {
      const { card } = this.#options;
      const { logOrigin: origin, logKey: publicKey, witnessPolicy } = card.network();
      const policy = policyFor({ origin, publicKey }, witnessPolicy);
      await renewReceipts({ log: new CardLog(card, RECEIPTS), coordinator: this, policy });
    });
  }

  #keepJournal(): Promise<void> {
    return this.#try('it did not get the journal', async () => {
      const newest = await this.journal(TAKEN_SESSIONS);
      const ended = newest.filter(({ outcome }) => outcome !== 'running').reverse();
      const entries = ended.map(({ figures, ...entry }) => ({
        ...entry,
        figures: JSON.stringify(figures),
      }));
      await new CardLog(this.#options.card, JOURNAL).add(entries);
    });
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { card, warn } = this.#options;
      const why = error instanceof Error ? error.message : String(error);
      warn(`the card in ${card.card.folder} is not up to date: ${what}: ${why}`);
    }
  }
}

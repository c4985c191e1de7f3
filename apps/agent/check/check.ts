// Looks at every copy of every pack and says what is hurt. It changes nothing at the stores; in the tables it
// only notes what it saw, so that a damaged copy no longer counts as strength. By default the leaf table of
// each copy is compared with its root; with `readData` every leaf is read and checked as well.
import {
  asKuraError,
  type ErrorCode,
  type PackId,
  type Random,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import type { CopyRow, CopyState, PackRow } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { usageOfOne } from './snapshot-need.ts';

const AWAY = 'it cannot be reached';

export type ReadData =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** The n-th of m equal parts, 1 ≤ n ≤ m. */
  | { readonly kind: 'part'; readonly part: number; readonly of: number }
  /** A random share, 0–1. */
  | { readonly kind: 'share'; readonly share: number };

export interface CheckPorts extends AgentContext {
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CopyFinding {
  readonly storeId: StoreId;
  readonly copy: CopyRow;
  readonly state: CopyState | 'unreachable';
  readonly code: ErrorCode;
  readonly why: string;
}

export interface PackFinding {
  readonly row: PackRow;
  readonly intactCopies: number;
  readonly hurt: readonly CopyFinding[];
}

export interface CheckReport {
  readonly packs: number;
  readonly snapshots: number;
  readonly copiesRead: number;
  readonly bytesRead: number;
  readonly hurtStores: ReadonlyMap<StoreId, string>;
  /** Packs below the wanted number of intact copies. */
  readonly hurtPacks: readonly PackFinding[];
  readonly lostSnapshots: readonly SnapshotId[];
}

export async function check(readData: ReadData, ports: CheckPorts): Promise<CheckReport> {
  const session = await ports.coordinator.beginSession('check');
  const reading = await openReading(ports, { purpose: 'read' });
  try {
    return await new Checker(readData, ports, reading).run();
  } finally {
    reading.close();
    await ports.coordinator.endSession(session);
  }
}

class Checker {
  readonly #readData: ReadData;
  readonly #ports: CheckPorts;
  readonly #reading: Reading;
  readonly #window: Uint8Array;
  #copiesRead = 0;
  #bytesRead = 0;

  constructor(readData: ReadData, ports: CheckPorts, reading: Reading) {
    this.#readData = readData;
    this.#ports = ports;
    this.#reading = reading;
    this.#window = new Uint8Array(ports.shape.windowLeaves * ports.shape.leafBytes);
  }

  async run(): Promise<CheckReport> {
    const { network, onProgress } = this.#ports;
    const entries = this.#reading.catalogue.entries();
    const hurtPacks: PackFinding[] = [];
    for (const [index, { row }] of entries.entries()) {
      const finding = await this.#checkPack(
        row,
        isChosen(this.#readData, index, this.#ports.random),
      );
      if (finding.intactCopies < network.copies) hurtPacks.push(finding);
      onProgress?.(index + 1, entries.length);
    }
    const snapshots = await this.#snapshotsLost(hurtPacks);
    return {
      packs: entries.length,
      snapshots: snapshots.total,
      copiesRead: this.#copiesRead,
      bytesRead: this.#bytesRead,
      hurtStores: this.#hurtStores(hurtPacks),
      hurtPacks,
      lostSnapshots: snapshots.lost,
    };
  }

  async #checkPack(row: PackRow, readsData: boolean): Promise<PackFinding> {
    const hurt: CopyFinding[] = [];
    let intactCopies = 0;
    for (const copy of row.copies) {
      const finding = await this.#checkCopy(row, copy, readsData);
      if (finding === undefined) intactCopies++;
      else hurt.push(finding);
      await this.#note(row, copy, finding);
    }
    return { row, intactCopies, hurt };
  }

  async #checkCopy(
    row: PackRow,
    copy: CopyRow,
    readsData: boolean,
  ): Promise<CopyFinding | undefined> {
    const { shape } = this.#ports;
    const step = shape.windowLeaves;
    try {
      const leaves = readsData ? row.leafCount : Math.min(step, row.leafCount);
      for (let first = 0; first < leaves; first += step) {
        await this.#reading.fetcher.fetchFrom(copy, { first, count: step }, this.#window);
        this.#bytesRead += this.#window.length;
      }
      this.#copiesRead++;
      return undefined;
    } catch (error) {
      const { code, message } = asKuraError(error, `copy ${copy.copyId} could not be read`);
      return { storeId: copy.storeId, copy, state: stateOf(code), code, why: message };
    }
  }

  /** What is seen now corrects the tables, both ways; a store that is away says nothing. */
  async #note(row: PackRow, copy: CopyRow, finding: CopyFinding | undefined): Promise<void> {
    const state = finding === undefined ? 'held' : finding.state;
    if (state === 'unreachable' || state === copy.state) return;
    await this.#ports.coordinator.setCopyState(row.packId, copy.storeId, state);
  }

  async #snapshotsLost(
    hurt: readonly PackFinding[],
  ): Promise<{ total: number; lost: readonly SnapshotId[] }> {
    const rows = await this.#ports.coordinator.snapshots();
    const gone = new Set<PackId>(
      hurt.filter((pack) => isGone(pack)).map((pack) => pack.row.packId),
    );
    if (gone.size === 0) return { total: rows.length, lost: [] };
    const lost: SnapshotId[] = [];
    for (const row of rows) {
      if (gone.has(row.packId) || (await usageOfOne(this.#reading, row, gone))) {
        lost.push(row.snapshotId);
      }
    }
    return { total: rows.length, lost };
  }

  #hurtStores(hurt: readonly PackFinding[]): ReadonlyMap<StoreId, string> {
    const { network, stores } = this.#ports;
    const found = new Map<StoreId, string>();
    for (const { identity, state } of network.stores) {
      if (stores.has(identity.storeId)) continue;
      const why = state === 'lost' ? 'given up by a repair; it counts again when it is back' : AWAY;
      found.set(identity.storeId, why);
    }
    for (const pack of hurt) {
      for (const finding of pack.hurt) {
        if (!found.has(finding.storeId)) found.set(finding.storeId, finding.why);
      }
    }
    return found;
  }
}

/** A copy that cannot be reached now may be intact: its pack is hurt, and not lost. */
function isGone({ intactCopies, hurt }: PackFinding): boolean {
  return intactCopies === 0 && hurt.every(({ state }) => state !== 'unreachable');
}

function isChosen(readData: ReadData, index: number, random: Random): boolean {
  switch (readData.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'part':
      return index % readData.of === readData.part - 1;
    case 'share':
      return random.below(1_000_000) < readData.share * 1_000_000;
  }
}

function stateOf(code: ErrorCode): CopyFinding['state'] {
  if (code === 'missing') return 'lost';
  if (code === 'corrupt' || code === 'refused') return 'damaged';
  return 'unreachable';
}

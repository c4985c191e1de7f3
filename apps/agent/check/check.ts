// Looks at every copy of every pack and at every folder of every snapshot, and says what is hurt. It changes
// nothing at the stores; in the tables it only notes what it saw, so that a damaged copy no longer counts as
// strength. By default the first window of each copy is read, and its leaf table compared with its root; with
// `readData` every leaf is read and checked.
import {
  AssertionError,
  asKuraError,
  type ErrorCode,
  type PackId,
  type Random,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import type { CopyRow, CopyState, PackRow } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import { Lease } from '../lease.ts';
import { readHeadsFirst, type WholeReading } from '../read/heads-first.ts';
import type { Reading } from '../read/reading.ts';
import { withinSession } from '../within-session.ts';
import { lostSnapshots } from './lost-snapshots.ts';
import { type NoteCopy, noteUnlessDropped, stateSeen } from './note-copy.ts';

const AWAY = 'it cannot be reached';

export type ReadData =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** The n-th of m equal parts, 1 ≤ n ≤ m. */
  | { readonly kind: 'part'; readonly part: number; readonly of: number }
  /** A random share, 0–1. */
  | { readonly kind: 'share'; readonly share: number };

export interface CheckPorts extends AgentContext {
  readonly noteCopy: NoteCopy;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CopyFinding {
  readonly storeId: StoreId;
  readonly copy: CopyRow;
  /** unreachable: nobody can say now; the tables stay as they are. */
  readonly state: CopyState | 'unreachable';
  readonly code: ErrorCode;
  readonly why: string;
}

export interface PackFinding {
  readonly row: PackRow;
  readonly intactCopies: number;
  readonly hurt: readonly CopyFinding[];
  /** No copy is intact, and none that cannot be reached may be. */
  readonly isLost: boolean;
}

export interface CheckReport {
  readonly packs: number;
  readonly snapshots: number;
  readonly copiesRead: number;
  readonly bytesRead: number;
  readonly hurtStores: ReadonlyMap<StoreId, string>;
  /** Packs below the wanted number of intact copies. */
  readonly hurtPacks: readonly PackFinding[];
  /** Not whole at any store that answers; may be so although no pack that is known is lost. */
  readonly lostSnapshots: readonly SnapshotId[];
}

export async function check(readData: ReadData, ports: CheckPorts): Promise<CheckReport> {
  const { coordinator } = ports;
  return await withinSession(coordinator, 'check', async (session) => {
    const whole = await readHeadsFirst(ports);
    try {
      const lease = new Lease({ coordinator, session, clock: ports.clock });
      return await new Checker({ ...whole, readData, ports, lease }).run();
    } finally {
      whole.reading.close();
    }
  });
}

interface OpenCheck extends WholeReading {
  readonly readData: ReadData;
  readonly ports: CheckPorts;
  readonly lease: Lease;
}

class Checker {
  readonly #open: OpenCheck;
  readonly #ports: CheckPorts;
  readonly #reading: Reading;
  readonly #window: Uint8Array;
  #copiesRead = 0;
  #bytesRead = 0;

  constructor(open: OpenCheck) {
    const { ports, reading } = open;
    this.#open = open;
    this.#ports = ports;
    this.#reading = reading;
    this.#window = new Uint8Array(ports.shape.windowLeaves * ports.shape.leafBytes);
  }

  async run(): Promise<CheckReport> {
    const { network, onProgress, random } = this.#ports;
    const { readData, heads } = this.#open;
    const entries = this.#reading.catalogue.entries();
    const hurtPacks: PackFinding[] = [];
    for (const [index, { row }] of entries.entries()) {
      const finding = await this.#checkPack(row, isChosen(readData, index, random));
      const isWeak = finding.intactCopies < network.copies;
      if (isWeak && (await this.#isStillKnown(row))) hurtPacks.push(finding);
      await this.#open.lease.renewIfDue();
      onProgress?.(index + 1, entries.length);
    }
    return {
      packs: entries.length,
      snapshots: heads.length,
      copiesRead: this.#copiesRead,
      bytesRead: this.#bytesRead,
      hurtStores: this.#hurtStores(hurtPacks),
      hurtPacks,
      lostSnapshots: await this.#lostSnapshots(hurtPacks),
    };
  }

  /** A prune beside the check may have dropped it: its copies are gone because they may be. */
  async #isStillKnown({ packId }: PackRow): Promise<boolean> {
    const row = await this.#ports.coordinator.pack(packId);
    return row !== undefined && row.state !== 'destroying';
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
    const isLost = intactCopies === 0 && hurt.every(({ state }) => state !== 'unreachable');
    return { row, intactCopies, hurt, isLost };
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
      if (error instanceof AssertionError) throw error;
      const { code, message } = asKuraError(error, `copy ${copy.copyId} could not be read`);
      return { storeId: copy.storeId, copy, state: stateSeen(code), code, why: message };
    }
  }

  /** What is seen now corrects the tables, both ways; a store that is away says nothing. */
  async #note(row: PackRow, copy: CopyRow, finding: CopyFinding | undefined): Promise<void> {
    const state = finding === undefined ? 'held' : finding.state;
    if (state === 'unreachable' || state === copy.state) return;
    const why = finding?.why ?? 'it is whole';
    const seen = { packId: row.packId, storeId: copy.storeId, state, why };
    await noteUnlessDropped(this.#ports.noteCopy, seen);
  }

  async #lostSnapshots(hurt: readonly PackFinding[]): Promise<readonly SnapshotId[]> {
    const { heads, unreadable } = this.#open;
    const lost = hurt.filter((pack) => pack.isLost).map((pack) => pack.row.packId);
    const gone = new Set<PackId>(lost);
    const isPartlyAway = [...unreadable].some((packId) => !gone.has(packId));
    return lostSnapshots({ reading: this.#reading, heads, gone, isPartlyAway });
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

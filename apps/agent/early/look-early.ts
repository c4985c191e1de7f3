// The device's own look at what it handed over: whether the network made the snapshot, and whether leaves that were
// hashed here before they left come back from each store. Nobody is believed but the stores' keys: a copy of anything
// else than the pack fails, whatever root its row has. Bounded; what is not reached waits for the next look. A fault of
// a copy is told as a check tells it; nothing is changed at the stores.
import {
  AssertionError,
  asKuraError,
  equalBytes,
  KuraError,
  type PackId,
  type SessionId,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import type { CopyRow, PackRow } from '@kura/contract';
import { allocatePages } from '@kura/native';
import { isStillHeld, type NoteCopy, noteUnlessDropped, stateSeen } from '../check/note-copy.ts';
import type { OwnContext } from '../context.ts';
import { allPacks } from '../read/all-packs.ts';
import { CopyFetcher } from '../read/copy-fetcher.ts';
import { dropEarly, type EarlyBackup, type EarlyPack, keepEarly } from './early-backups.ts';

export interface EarlyPorts extends OwnContext {
  readonly noteCopy: NoteCopy;
  /** By the network's journal; unknown: it is in it no more. */
  readonly outcomeOf: (session: SessionId) => Promise<SessionState>;
}

export type SessionState = 'running' | 'done' | 'failed' | 'unknown';

export interface EarlyOptions {
  /** Of all stores together, in this look. */
  readonly maxBytes: number;
  /** What is missing from the history was given up by a person: it is told no more. */
  readonly accepts: boolean;
}

export interface EarlyFault {
  readonly packId: PackId;
  /** Undefined: not of one copy. */
  readonly storeId: StoreId | undefined;
  readonly why: string;
}

/** waiting: it is no snapshot yet · open: packs are left to be seen · done: none are. */
export type EarlyState = 'waiting' | 'failed' | 'missing' | 'open' | 'done';

export interface EarlyLook {
  readonly snapshotId: SnapshotId;
  readonly handedOverMs: number;
  readonly state: EarlyState;
  readonly packs: number;
  /** At strength, in this look and those before it. */
  readonly packsSeen: number;
  /** The network knows them no more: the owner's own prune takes packs away. */
  readonly packsGone: number;
  /** Too many to remember leaves of. */
  readonly packsUnremembered: number;
  /** In this look. */
  readonly copiesRead: number;
  readonly bytesRead: number;
  readonly faults: readonly EarlyFault[];
  /** Of them: no copy that the network names is the pack. */
  readonly packsLost: number;
  /** Stores that could not be asked now. */
  readonly away: readonly StoreId[];
}

/** `backups`: of `earlyBackups`, as far as they are to be looked at. */
export async function lookEarly(
  backups: readonly EarlyBackup[],
  options: EarlyOptions,
  ports: EarlyPorts,
): Promise<readonly EarlyLook[]> {
  const looker = new EarlyLooker(options, ports);
  try {
    const looks: EarlyLook[] = [];
    for (const backup of backups) {
      const look = await looker.look(backup);
      if (look !== undefined) looks.push(look);
    }
    return looks;
  } finally {
    looker.close();
  }
}

interface PackLook {
  /** Undefined: seen at strength. */
  readonly left: EarlyPack | undefined;
  readonly isLost: boolean;
}

class EarlyLooker {
  readonly #options: EarlyOptions;
  readonly #ports: EarlyPorts;
  readonly #fetcher: CopyFetcher;
  readonly #window: Uint8Array;
  readonly #sha256 = new Uint8Array(32);
  #bytesLeft: number;
  #copiesRead = 0;
  #faults: EarlyFault[] = [];
  #away = new Set<StoreId>();

  constructor(options: EarlyOptions, ports: EarlyPorts) {
    const { stores, copyKeys, native, shape } = ports;
    this.#options = options;
    this.#ports = ports;
    this.#bytesLeft = options.maxBytes;
    this.#fetcher = new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape });
    this.#window = allocatePages(shape.windowLeaves * shape.leafBytes);
  }

  close(): void {
    this.#fetcher.close();
  }

  /** Undefined: its owner has forgotten it. */
  async look(backup: EarlyBackup): Promise<EarlyLook | undefined> {
    const { snapshotId } = backup;
    const state = await this.#stateOf(backup);
    if (state === 'forgotten') {
      dropEarly(this.#ports, snapshotId);
      return undefined;
    }
    const bytesBefore = this.#bytesLeft;
    this.#copiesRead = 0;
    this.#faults = [];
    this.#away = new Set();
    const { after, packsLost } =
      state === 'open' ? await this.#lookAtPacks(backup) : { after: backup, packsLost: 0 };
    const isDone = state === 'open' && after.packs.length === 0;
    const isOver = isDone || state === 'failed' || (state === 'missing' && this.#options.accepts);
    if (isOver) dropEarly(this.#ports, snapshotId);
    const { packs, seen: packsSeen, gone: packsGone, forgotten } = after;
    return {
      ...{ snapshotId, handedOverMs: backup.handedOverMs, state: isDone ? 'done' : state },
      packs: packs.length + packsSeen + packsGone + forgotten,
      ...{ packsSeen, packsGone, packsUnremembered: forgotten },
      copiesRead: this.#copiesRead,
      bytesRead: bytesBefore - this.#bytesLeft,
      faults: this.#faults,
      packsLost,
      away: [...this.#away],
    };
  }

  /** The journal first: a session ends with its snapshot, in one transaction. */
  async #stateOf({
    snapshotId,
    session,
  }: EarlyBackup): Promise<Exclude<EarlyState, 'done'> | 'forgotten'> {
    const { coordinator, history, outcomeOf } = this.#ports;
    const outcome = await outcomeOf(session);
    const heads = await coordinator.snapshots();
    if (heads.some((head) => head.snapshotId === snapshotId)) return 'open';
    if (history.read().forgotten.has(snapshotId)) return 'forgotten';
    if (outcome === 'running') return 'waiting';
    return outcome === 'failed' ? 'failed' : 'missing';
  }

  /** In random order, so that what a bound leaves out is known to nobody before. */
  async #lookAtPacks(
    backup: EarlyBackup,
  ): Promise<{ readonly after: EarlyBackup; readonly packsLost: number }> {
    const { random, coordinator } = this.#ports;
    const rows = new Map((await allPacks(coordinator)).map((row) => [row.packId, row]));
    const ordered = backup.packs
      .map((pack) => ({ pack, at: random.below(2 ** 31) }))
      .sort((a, b) => a.at - b.at);
    const packs: EarlyPack[] = [];
    let { seen, gone } = backup;
    let packsLost = 0;
    for (const { pack } of ordered) {
      const row = rows.get(pack.packId);
      if (row === undefined || row.state === 'destroying') {
        gone++;
        continue;
      }
      const { left, isLost } = await this.#lookAtPack(pack, row);
      if (left === undefined) seen++;
      else packs.push(left);
      if (isLost) packsLost++;
    }
    const after = { ...backup, seen, gone, packs };
    await keepEarly(this.#ports, after);
    return { after, packsLost };
  }

  async #lookAtPack(pack: EarlyPack, row: PackRow): Promise<PackLook> {
    const { network } = this.#ports;
    const held = row.copies.filter(({ state }) => state === 'held');
    const seen = new Set(pack.seen.filter((id) => held.some(({ storeId }) => storeId === id)));
    if (held.length < network.copies) {
      const why = `the network names ${held.length} of ${network.copies} copies`;
      this.#faults.push({ packId: pack.packId, storeId: undefined, why });
    }
    let wrong = 0;
    for (const copy of held) {
      if (seen.has(copy.storeId) || this.#bytesLeft < this.#window.length) continue;
      const verdict = await this.#lookAtCopy(pack, row, copy);
      if (verdict === 'right') seen.add(copy.storeId);
      if (verdict === 'wrong') wrong++;
    }
    const isDone = wrong === 0 && seen.size >= network.copies;
    return {
      left: isDone ? undefined : { ...pack, seen: [...seen] },
      isLost: wrong > 0 && wrong === held.length,
    };
  }

  async #lookAtCopy(
    pack: EarlyPack,
    row: PackRow,
    copy: CopyRow,
  ): Promise<'right' | 'wrong' | 'unknown'> {
    const { packId, storeId } = { packId: pack.packId, storeId: copy.storeId };
    try {
      await this.#compareLeaf(pack, row, copy);
      this.#copiesRead++;
      return 'right';
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const { code, message } = asKuraError(error, `copy ${copy.copyId} could not be read`);
      const state = stateSeen(code);
      if (state === 'unreachable') {
        this.#away.add(storeId);
        return 'unknown';
      }
      const { coordinator, noteCopy } = this.#ports;
      if (!(await isStillHeld(coordinator, packId, copy.copyId))) return 'unknown';
      this.#faults.push({ packId, storeId, why: message });
      await noteUnlessDropped(noteCopy, { packId, storeId, state, why: message });
      return 'wrong';
    }
  }

  /** Throws `corrupt` if the store's copy is not this pack. */
  async #compareLeaf(pack: EarlyPack, row: PackRow, copy: CopyRow): Promise<void> {
    const { random, shape, native, copyKeys } = this.#ports;
    const refuse = (what: string): never => {
      throw new KuraError('corrupt', `copy ${copy.copyId} ${what}`);
    };
    if (row.leafCount !== pack.leafCount) refuse('has another length than what was handed over');
    // A store that joined since this command began: the next look knows it.
    if (!copyKeys.has(copy.storeId)) throw new KuraError('unreachable', 'its store is new');
    const leaf = pack.leaves[random.below(pack.leaves.length)] ?? refuse('has nothing to compare');
    const { windowLeaves, leafBytes } = shape;
    const first = Math.floor(leaf.index / windowLeaves) * windowLeaves;
    this.#bytesLeft -= this.#window.length;
    await this.#fetcher.fetchFrom(copy, { first, count: windowLeaves }, this.#window);
    const at = (leaf.index - first) * leafBytes;
    native.bulk.sha256(this.#window.subarray(at, at + leafBytes), this.#sha256);
    if (!equalBytes(this.#sha256, leaf.sha256)) {
      refuse(`is not what was handed over (leaf ${leaf.index})`);
    }
  }
}

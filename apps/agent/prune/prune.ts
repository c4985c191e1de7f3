// Gives back the room of what no snapshot needs: mark, repack, condemn, drop rows, remove bytes, in the order of
// docs/design/ordering.md, "Remove". Runs beside backups: what they use meanwhile is rescued or left alone.
import { KuraError, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import { type DestroyPackWarrant, signWarrant } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import type { CatalogueEntry } from '../index/pack-catalogue.ts';
import { Lease } from '../lease.ts';
import { readHeadsFirst, type WholeReading } from '../read/heads-first.ts';
import { withinSession } from '../within-session.ts';
import { removeGarbage } from './garbage.ts';
import type { PrunePorts } from './ports.ts';
import { repack } from './repack.ts';
import { tidyHome } from './tidy-home.ts';
import { type Usage, usageOf } from './usage.ts';
import { chooseRepacks, type PackWaste, type UnusedLimit, wasteOf } from './waste.ts';

export interface PruneOptions {
  readonly dryRun: boolean;
  readonly maxUnused: UnusedLimit;
}

export interface PruneSummary {
  readonly packsTotal: number;
  readonly packsUnused: number;
  readonly packsRepacked: number;
  readonly packsRemoved: number;
  /** Of all copies, at the stores. */
  readonly bytesFreed: number;
  readonly bytesUnusedLeft: number;
  /** Marked, and waiting for a session that still lives. */
  readonly packsWaiting: number;
}

export async function prune(options: PruneOptions, ports: PrunePorts): Promise<PruneSummary> {
  const { coordinator } = ports;
  return await withinSession(coordinator, 'prune', async (session) => {
    try {
      if (!options.dryRun) await ports.letters?.release(session);
      // Snapshots that come later protect their packs themselves.
      const whole = await readHeadsFirst(ports);
      try {
        return await pruneInSession(options, { ...whole, ports, session });
      } finally {
        whole.reading.close();
      }
    } finally {
      await ports.lines.close();
    }
  });
}

interface OpenPrune extends WholeReading {
  readonly ports: PrunePorts;
  readonly session: SessionId;
}

async function pruneInSession(options: PruneOptions, open: OpenPrune): Promise<PruneSummary> {
  const { ports, reading, session } = open;
  const { coordinator } = ports;
  const snapshots = await reading.snapshots.list(open.heads);
  const seen = snapshots.map((stored) => stored.id);
  const lease = new Lease({ coordinator, session, clock: ports.clock });
  const usage = await usageOf(reading, snapshots, () => lease.renewIfDue());
  const entries = reading.catalogue.entries();
  // What cannot be read only looks unused, and is left alone.
  const isKnown = (id: PackId) => !open.unreadable.has(id) || ports.letters?.has(id) === true;
  const unused = entries.filter(
    (entry) => !usage.packs.has(entry.number) && isKnown(entry.row.packId),
  );
  const wastes = await wastesOf(open, usage, lease);
  const records = new Set(snapshots.map((stored) => stored.row.packId));
  // The head of a snapshot names the pack of its record: that pack stays where it is.
  const movable = wastes.filter((waste) => !records.has(waste.entry.row.packId));
  const repacks = chooseRepacks(movable, options.maxUnused);
  const left = sumUnused(wastes) - sumUnused(repacks);
  const counts = { packsTotal: entries.length, packsUnused: unused.length, bytesUnusedLeft: left };
  if (options.dryRun) {
    const removable = [...unused, ...repacks.map((waste) => waste.entry)];
    const bytesFreed = bytesOf(removable, ports);
    return {
      ...counts,
      packsRepacked: repacks.length,
      packsRemoved: 0,
      bytesFreed,
      packsWaiting: 0,
    };
  }
  const wasMarked = entries.filter((entry) => entry.row.state === 'marked');
  const back = wasMarked.filter((entry) => usage.packs.has(entry.number)).map(idOf);
  if (back.length > 0) await coordinator.unmarkPacks(back);
  await coordinator.markPacks(unused.map(idOf));
  const isMoved = repacks.length > 0 && (await repackIfRoom(open, { usage, wastes: repacks }));
  const moved = isMoved ? repacks.map((waste) => waste.entry) : [];
  await coordinator.markPacks(moved.map(idOf));
  const candidates = [...unused, ...moved];
  const removed = await destroy(candidates, { ...open, seen });
  await removeGarbage(ports);
  await tidyHome(ports);
  return {
    ...counts,
    packsRepacked: moved.length,
    bytesUnusedLeft: sumUnused(wastes) - (isMoved ? sumUnused(repacks) : 0),
    packsRemoved: removed.length,
    bytesFreed: bytesOf(removed, ports),
    packsWaiting: candidates.length - removed.length,
  };
}

/**
 * False if the plan is full: what is unused goes first, and what was written anew until then takes the place of its
 * originals at the next prune, which finds room.
 */
async function repackIfRoom(
  { reading, ports, session }: OpenPrune,
  { usage, wastes }: { readonly usage: Usage; readonly wastes: readonly PackWaste[] },
): Promise<boolean> {
  try {
    await repack({ reading, ports, session, usage, wastes });
    return true;
  } catch (error) {
    if (error instanceof KuraError && error.context.reason === 'over_capacity') return false;
    throw error;
  }
}

async function wastesOf(
  { reading, ports }: OpenPrune,
  usage: Usage,
  lease: Lease,
): Promise<PackWaste[]> {
  const wastes: PackWaste[] = [];
  const entries = reading.catalogue.entries().filter((entry) => usage.packs.has(entry.number));
  for (const [index, entry] of entries.entries()) {
    try {
      wastes.push(await wasteOf(entry, { reading, usage }));
    } catch (error) {
      // In use, and it cannot be read now: neither to be judged nor to be written anew.
      if (!(error instanceof KuraError)) throw error;
    }
    await lease.renewIfDue();
    ports.onProgress?.(index + 1, entries.length);
  }
  return wastes;
}

async function destroy(
  candidates: readonly CatalogueEntry[],
  open: OpenPrune & { readonly seen: readonly SnapshotId[] },
): Promise<readonly CatalogueEntry[]> {
  const { ports, session, seen } = open;
  const { coordinator, destroyer } = ports;
  const condemned = new Set(await coordinator.condemnPacks(session, candidates.map(idOf), seen));
  const removed = candidates.filter((entry) => condemned.has(entry.row.packId));
  for (let at = 0; at < removed.length; at += destroyer.maxPacks) {
    const batch = removed.slice(at, at + destroyer.maxPacks);
    await destroyer.destroy(batch.map(idOf), warrantsFor(batch, ports));
  }
  return removed;
}

/** One for each store that holds copies of these packs. */
function warrantsFor(
  entries: readonly CatalogueEntry[],
  { network, clock, keys }: PrunePorts,
): DestroyPackWarrant[] {
  const issuedMs = clock.nowMs();
  const notBeforeMs = issuedMs + network.removalDelayMs;
  return network.stores.flatMap(({ identity: { storeId } }) => {
    const copyIds = entries.flatMap(({ row }) =>
      row.copies.filter((copy) => copy.storeId === storeId).map((copy) => copy.copyId),
    );
    if (copyIds.length === 0) return [];
    const fields = { kind: 'destroy-pack', storeId, copyIds, issuedMs, notBeforeMs } as const;
    return [signWarrant<DestroyPackWarrant>(fields, keys.ownerSeed)];
  });
}

function idOf(entry: CatalogueEntry): PackId {
  return entry.row.packId;
}

function bytesOf(entries: readonly CatalogueEntry[], { shape }: AgentContext): number {
  const leaves = entries.reduce((sum, { row }) => sum + row.leafCount * row.copies.length, 0);
  return leaves * shape.leafBytes;
}

function sumUnused(wastes: readonly PackWaste[]): number {
  return wastes.reduce((sum, waste) => sum + waste.unusedBytes, 0);
}

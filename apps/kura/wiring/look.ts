// The services that only look: snapshots, entries, differences, copies, figures, journal.
import { readSubject } from '@kura/agent/journal/subject.ts';
import { Usage } from '@kura/agent/prune/usage.ts';
import { type Difference, diffTrees } from '@kura/agent/read/diff-trees.ts';
import { walkTree } from '@kura/agent/read/walk-tree.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { type ByteString, KuraError, type SnapshotId } from '@kura/base';
import type { CopyRow, PackRow } from '@kura/contract';
import type { TreeEntry } from '@kura/format';
import type { DiffRequest, ListRequest, StatsRequest } from '../commands/requests.ts';
import type {
  ChangeView,
  CopyView,
  JournalView,
  NodeView,
  PackView,
  SnapshotView,
  StatsView,
} from '../commands/views.ts';
import { cityName, placeView, storeOf } from './network-view.ts';
import type { OpenHome } from './open.ts';
import type { Session } from './session.ts';
import { nodeView, snapshotView } from './snapshot-view.ts';

export async function storedSnapshot(session: Session, id: SnapshotId): Promise<StoredSnapshot> {
  const reading = await session.reading();
  const stored = await reading.snapshots.find(id);
  if (stored !== undefined) return stored;
  throw new KuraError('not_found', `there is no snapshot ${id}`, {
    guidance: 'See `kura snapshots`.',
  });
}

export function rootOf(stored: StoredSnapshot): Pick<TreeEntry, 'content' | 'isList'> {
  return { content: [stored.snapshot.root], isList: false };
}

/** One that is hurt is told, and hides none of the others; if all are, the first says why. */
export async function snapshots(session: Session): Promise<readonly SnapshotView[]> {
  const reading = await session.reading();
  const errors: KuraError[] = [];
  const stored = await reading.snapshots.listReadable(({ snapshotId }, error) => {
    errors.push(error);
    session.settings.warn(`snapshot ${snapshotId.slice(0, 8)} is left out: ${error.message}`);
  });
  const [first] = errors;
  if (stored.length === 0 && first !== undefined) throw first;
  const proofOf = await proofsOf(session);
  return stored.map((one) => snapshotView(one, proofOf(one.id)));
}

async function proofsOf(session: Session): Promise<(id: SnapshotId) => SnapshotView['proof']> {
  const network = await session.network();
  if (network.kind === 'card') return () => 'unknown';
  const proofs = await network.coordinator.proofs();
  const byId = new Map(proofs.map((proof) => [proof.snapshotId, proof]));
  return (id) => byId.get(id);
}

/** The folder at a path, the root included. */
export async function entryAt(
  session: Session,
  stored: StoredSnapshot,
  path: ByteString,
): Promise<TreeEntry> {
  const { trees } = await session.readingOf(stored);
  const found = path === '/' ? rootEntry(stored) : await trees.find(rootOf(stored), path);
  if (found !== undefined) return found;
  throw new KuraError('not_found', `there is no ${path} in snapshot ${stored.id.slice(0, 8)}`, {
    guidance: 'See `kura ls`.',
  });
}

/** The root folder has no entry of its own; what it is follows from the snapshot. */
function rootEntry(stored: StoredSnapshot): TreeEntry {
  const timeNs = BigInt(stored.snapshot.timeMs) * 1_000_000n;
  return {
    ...rootOf(stored),
    type: 'folder',
    name: '/' as ByteString,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtimeNs: timeNs,
    ctimeNs: timeNs,
    inode: 0n,
    device: 0n,
    links: 1,
    sizeBytes: 0,
    target: '' as ByteString,
    deviceNumber: 0n,
    holes: [],
    attributes: [],
    isIncomplete: false,
  };
}

export async function entry(session: Session, id: SnapshotId, path: ByteString): Promise<NodeView> {
  return nodeView(path, await entryAt(session, await storedSnapshot(session, id), path));
}

export async function* list(session: Session, request: ListRequest): AsyncGenerator<NodeView> {
  const stored = await storedSnapshot(session, request.snapshot);
  const { trees } = await session.readingOf(stored);
  const folder = await entryAt(session, stored, request.folder);
  const start = { folder, path: request.folder, isDeep: request.isDeep };
  for await (const { path, entry: found } of walkTree(trees, start)) yield nodeView(path, found);
}

export async function* diff(session: Session, request: DiffRequest): AsyncGenerator<ChangeView> {
  const before = await storedSnapshot(session, request.from);
  const after = await storedSnapshot(session, request.to);
  refuseTwoLocks(before, after);
  const { trees } = await session.readingOf(after);
  const sides = {
    from: rootOf(before),
    to: rootOf(after),
    path: '/' as ByteString,
    metadata: request.metadata,
  };
  for await (const difference of diffTrees(trees, sides)) yield changeView(difference);
}

/** Under another lock the same content has another name: everything would look changed. */
function refuseTwoLocks(before: StoredSnapshot, after: StoredSnapshot): void {
  if (before.snapshot.lock?.epoch === after.snapshot.lock?.epoch) return;
  throw new KuraError('unsupported', 'a locked snapshot has nothing in common with another one', {
    guidance: 'Restore both, and compare the folders.',
  });
}

function changeView(difference: Difference): ChangeView {
  const { path, kind, bytesAdded, bytesRemoved } = difference;
  return { path, kind, type: difference.entry.type, bytesAdded, bytesRemoved };
}

export async function* copies(
  session: Session,
  id: SnapshotId | undefined,
): AsyncGenerator<PackView> {
  const network = await session.network();
  const reading = await session.reading();
  const wanted = id === undefined ? undefined : await packsOf(session, id);
  for (const { row, number } of reading.catalogue.entries()) {
    if (wanted === undefined || wanted.has(number)) yield packView(row, network);
  }
}

async function packsOf(session: Session, id: SnapshotId): Promise<ReadonlySet<number>> {
  const reading = await session.reading();
  const stored = await storedSnapshot(session, id);
  const usage = new Usage(reading);
  await usage.addSnapshot(stored.snapshot);
  const record = reading.catalogue.byId(stored.row.packId);
  if (record !== undefined) usage.addPack(record.number);
  return usage.packs;
}

function packView(row: PackRow, network: OpenHome): PackView {
  return {
    packId: row.packId,
    sizeBytes: row.leafCount * network.shape.leafBytes,
    state: row.state,
    copies: row.copies.map((copy) => copyView(copy, network)),
  };
}

function copyView(copy: CopyRow, network: OpenHome): CopyView {
  const store = storeOf(network.network, copy.storeId);
  const place = store?.identity.place ?? { city: 'unknown', lat: 0, lon: 0 };
  return {
    ...placeView(place),
    storeId: copy.storeId,
    folder: store?.location ?? '',
    cipher: store?.identity.suite ?? '',
    state: network.stores.has(copy.storeId) ? copy.state : 'unreachable',
    reason: copy.reason,
  };
}

export async function stats(session: Session, request: StatsRequest): Promise<StatsView> {
  const reading = await session.reading();
  const { shape } = await session.network();
  let totalBytes = 0;
  let totalFiles = 0;
  const seen = new Set<string>();
  const usage = new Usage(reading);
  for (const id of request.snapshots) {
    const stored = await storedSnapshot(session, id);
    if (request.mode === 'raw-data') {
      await usage.addSnapshot(stored.snapshot);
      const record = reading.catalogue.byId(stored.row.packId);
      if (record !== undefined) usage.addPack(record.number);
      continue;
    }
    const start = { folder: rootOf(stored), path: '/' as ByteString, isDeep: true };
    const { trees } = await session.readingOf(stored);
    for await (const { entry: found } of walkTree(trees, start)) {
      if (request.mode === 'files-by-contents') {
        const key = found.content.map((piece) => Buffer.from(piece.id).toString('base64')).join();
        if (found.type !== 'file' || seen.has(key)) continue;
        seen.add(key);
      }
      totalFiles++;
      totalBytes += found.sizeBytes;
    }
  }
  const snapshotsCount = request.snapshots.length;
  const none = { packs: undefined, chunks: undefined, uncompressedBytes: undefined };
  if (request.mode !== 'raw-data') return { snapshotsCount, totalBytes, totalFiles, ...none };
  for (const number of usage.packs) {
    totalBytes += reading.catalogue.byNumber(number).row.leafCount * shape.leafBytes;
  }
  const { chunkCount: chunks, plainBytes: uncompressedBytes } = usage;
  return {
    snapshotsCount,
    totalBytes,
    totalFiles,
    packs: usage.packs.size,
    chunks,
    uncompressedBytes,
  };
}

export async function journal(session: Session, limit: number): Promise<readonly JournalView[]> {
  const { coordinator, network, keys } = await session.network();
  const entries = await coordinator.journal(limit);
  return entries.map(({ line, places, ...entry }) => ({
    ...entry,
    subject: line === undefined ? undefined : readSubject(line, { session: entry.sessionId, keys }),
    places: places?.map(({ storeId, copies }) => {
      const store = storeOf(network, storeId);
      return { storeId, copies, cityName: store && cityName(store.identity.place.city) };
    }),
  }));
}

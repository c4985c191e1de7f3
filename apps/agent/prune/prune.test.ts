import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  equalBytes,
  KuraError,
  must,
  type PackId,
  type SessionId,
  type SnapshotId,
  sessionId,
} from '@kura/base';
import type { PackRow } from '@kura/contract';
import { chunkIdOf } from '@kura/format';
import { faultDisk } from '@kura/testing';
import { ChunkTable } from '../index/chunk-table.ts';
import { readIndex } from '../index/index-file.ts';
import { openReading } from '../read/reading.ts';
import { type TestContext, TestNetwork } from '../test-network.ts';
import { type PruneOptions, type PruneSummary, prune } from './prune.ts';
import { usageOf } from './usage.ts';

const KEEP_NOTHING_UNUSED: PruneOptions = {
  dryRun: false,
  maxUnused: { kind: 'bytes', bytes: 0 },
};
const REPACK_NOTHING: PruneOptions = { dryRun: false, maxUnused: { kind: 'unlimited' } };

describe('prune', () => {
  let network: TestNetwork;
  let a: Uint8Array;
  let b: Uint8Array;

  beforeEach(async () => {
    network = await TestNetwork.found();
    a = network.random.bytes(12_000);
    b = network.random.bytes(9000);
  });
  afterEach(() => network.close());

  const run = async (options: PruneOptions = REPACK_NOTHING): Promise<PruneSummary> =>
    prune(options, await network.context());
  const forget = (id: SnapshotId): Promise<void> => network.forget([id]);
  const ids = async (): Promise<readonly PackId[]> =>
    (await network.rows()).map((row) => row.packId);
  const copiesAt = (city: string): string[] =>
    network.store(city).disk.files('/shelf/copies').sort();

  /** The content of a file of a snapshot, with nothing but the stores to read from. */
  async function contentOf(id: SnapshotId, file: string): Promise<Uint8Array> {
    network.loseCache();
    const reading = await openReading(await network.context(), { purpose: 'read' });
    try {
      const { snapshot } = must(await reading.snapshots.find(id), 'the snapshot');
      const root = { content: [snapshot.root], isList: false };
      const entry = must(await reading.trees.find(root, network.pathOf(file)), 'the file');
      const parts: Uint8Array[] = [];
      for (const piece of await reading.trees.fileContent(entry)) {
        parts.push((await reading.chunks.read(piece, 'data')).slice());
      }
      return new Uint8Array(Buffer.concat(parts));
    } finally {
      reading.close();
    }
  }

  it('C11: takes away what no snapshot needs, rows and bytes, and nothing else', async () => {
    const first = await network.save({ a });
    const before = new Set(await ids());
    await network.save({ b });
    await forget(first);
    const copiesBefore = copiesAt('seoul').length;
    const done = await run();
    const after = await ids();
    assert.equal(done.packsRemoved, done.packsUnused);
    assert.ok(done.packsRemoved > 0);
    assert.equal(after.length, done.packsTotal - done.packsRemoved);
    assert.ok(after.every((id) => !before.has(id)));
    assert.equal(copiesAt('seoul').length, copiesBefore - done.packsRemoved);
    assert.ok(done.bytesFreed > 0);
  });

  it('C11: what is left comes back byte for byte, also of packs that were written anew', async () => {
    // Small files share frames: of some only a piece in the middle is still used.
    const small = [1, 2, 3, 4, 5].map((number) => network.random.bytes(300 + number));
    const [s1, s2, s3, s4, s5] = small.map((bytes) => bytes.slice());
    assert.ok(s1 && s2 && s3 && s4 && s5);
    const first = await network.save({ a, b, s1, s2, s3, s4, s5 });
    const second = await network.save({ a, s2, s4 });
    await forget(first);
    const done = await run(KEEP_NOTHING_UNUSED);
    assert.ok(done.packsRepacked > 0, 'the packs of data hold b no more');
    assert.ok(equalBytes(await contentOf(second, 's2'), s2));
    assert.ok(equalBytes(await contentOf(second, 's4'), s4));
    assert.equal(done.bytesUnusedLeft, 0);
    assert.ok(equalBytes(await contentOf(second, 'a'), a));
    const again = await run(KEEP_NOTHING_UNUSED);
    assert.deepEqual([again.packsUnused, again.packsRepacked], [0, 0]);
  });

  it('a dry run says the same figures and changes nothing', async () => {
    const first = await network.save({ a, b });
    await network.save({ a });
    await forget(first);
    const before = await network.rows();
    const files = network.stores.flatMap(({ city }) => copiesAt(city));
    const said = await run({ ...KEEP_NOTHING_UNUSED, dryRun: true });
    assert.deepEqual(await network.rows(), before);
    assert.deepEqual(
      network.stores.flatMap(({ city }) => copiesAt(city)),
      files,
    );
    const done = await run(KEEP_NOTHING_UNUSED);
    assert.deepEqual(
      [said.packsTotal, said.packsUnused, said.packsRepacked, said.bytesUnusedLeft],
      [done.packsTotal, done.packsUnused, done.packsRepacked, done.bytesUnusedLeft],
    );
    assert.equal(said.bytesFreed, done.bytesFreed);
  });

  it('C11: waits for a session that began before the mark, and removes when it has ended', async () => {
    const first = await network.save({ a });
    await network.save({ b });
    await forget(first);
    const backup = await network.coordinator.beginSession('backup');
    const waiting = await run();
    assert.ok(waiting.packsUnused > 0);
    assert.deepEqual([waiting.packsRemoved, waiting.packsWaiting], [0, waiting.packsUnused]);
    const marked = (await network.rows()).filter((row) => row.state === 'marked');
    assert.equal(marked.length, waiting.packsUnused);
    await network.coordinator.endSession(backup);
    // One that began after the mark is waited for by nobody: it could not know the packs as unmarked.
    await network.coordinator.beginSession('backup');
    const files = copiesAt('seoul').length;
    assert.equal((await run()).packsRemoved, waiting.packsUnused);
    assert.equal(copiesAt('seoul').length, files - waiting.packsUnused);
  });

  it('C11: takes the mark off what is used again', async () => {
    const id = await network.save({ a });
    await network.coordinator.markPacks(await ids());
    await run();
    assert.ok((await network.rows()).every((row) => row.state === 'standing'));
    assert.ok(equalBytes(await contentOf(id, 'a'), a));
  });

  it('C11: goes on where a killed prune had condemned, and removes copies without rows', async () => {
    const first = await network.save({ a });
    const second = await network.save({ b });
    await forget(first);
    const { coordinator } = network;
    const unused = await unusedPacks();
    const session = await coordinator.beginSession('prune');
    await coordinator.markPacks(unused);
    await coordinator.condemnPacks(session, unused, [second]);
    const [orphan, ...destroying] = unused;
    await coordinator.dropPacks([must(orphan, 'a pack without use')]);
    await coordinator.endSession(session);
    const done = await run();
    assert.equal(done.packsRemoved, destroying.length);
    const named = new Set(
      (await network.rows()).flatMap((row) => row.copies.map((copy) => copy.copyId as string)),
    );
    for (const { city } of network.stores) {
      for (const path of copiesAt(city)) {
        assert.ok(named.has(must(path.split('/').at(-1), 'a name')), `${path} has no row`);
      }
    }
  });

  async function unusedPacks(): Promise<readonly PackId[]> {
    const context = await network.context();
    const reading = await openReading(context, { purpose: 'read' });
    try {
      const usage = await usageOf(reading, await reading.snapshots.list());
      return reading.catalogue
        .entries()
        .filter((entry) => !usage.packs.has(entry.number))
        .map((entry) => entry.row.packId);
    } finally {
      reading.close();
    }
  }

  it('leaves copies without rows alone while anybody may be writing them', async () => {
    await network.save({ a });
    const context = await network.context();
    const orphan = await leaveCopies(context);
    const session = await network.coordinator.beginSession('backup');
    const before = copiesAt('seoul');
    await run();
    assert.deepEqual(copiesAt('seoul'), before);
    await network.coordinator.endSession(session);
    await run();
    assert.ok(!copiesAt('seoul').includes(orphan));
  });

  it('C4: at a full plan what is unused goes, and what is half used waits for the room', async () => {
    const first = await network.save({ a, b });
    const second = await network.save({ b });
    await forget(first);
    const context = await network.context();
    const refuse = async (): Promise<never> => {
      throw new KuraError('refused', 'the plan is full', { context: { reason: 'over_capacity' } });
    };
    const full = { ...context, lines: { ...context.lines, open: refuse } };
    const there = await prune(KEEP_NOTHING_UNUSED, full);
    assert.equal(there.packsRepacked, 0);
    assert.ok(there.packsRemoved > 0 && there.bytesUnusedLeft > 0);
    const later = await run(KEEP_NOTHING_UNUSED);
    assert.ok(later.packsRepacked > 0);
    assert.equal(later.bytesUnusedLeft, 0);
    assert.ok(equalBytes(await contentOf(second, 'b'), b));
  });

  /** A copy of which no row will ever tell; its path at Seoul. */
  async function leaveCopies(context: TestContext): Promise<string> {
    const lines = await context.lines.open({
      session: sessionId('5e'.repeat(16)),
      table: ChunkTable.sizedFor(1),
      markedPacks: [],
      rescue: async () => false,
      onFinished: () => undefined,
    });
    const before = new Set(copiesAt('seoul'));
    const line = must(lines[0], 'a line');
    const plain = network.random.bytes(500);
    const id = chunkIdOf(context.native.bulk, context.keys.chunkIdKeys, 'data', plain);
    await line.pack({ kind: 'data', plain, chunks: [{ id, length: plain.length }] });
    await line.finishData();
    return must(
      copiesAt('seoul').find((path) => !before.has(path)),
      'a new copy',
    );
  }

  it('C11: a backup that commits while it looks costs neither of them anything', async () => {
    const first = await network.save({ a });
    await forget(first);
    let id: SnapshotId | undefined;
    network.afterPacksAreRead(async () => {
      id = await network.save({ a, b });
    });
    await run(KEEP_NOTHING_UNUSED);
    assert.ok(equalBytes(await contentOf(must(id, 'the new snapshot'), 'a'), a));
  });

  it('removes nothing if a folder of a snapshot cannot be read', async () => {
    const first = await network.save({ a });
    await network.save({ b });
    await forget(first);
    const [head] = await network.coordinator.snapshots();
    const rows = await network.rows();
    const record = must(
      rows.find((row) => row.packId === head?.packId),
      'the pack of folders',
    );
    network.loseCache();
    for (const city of ['seoul', 'frankfurt']) network.ruin(city, record);
    const files = network.stores.flatMap(({ city }) => copiesAt(city));
    await assert.rejects(run());
    assert.deepEqual(
      network.stores.flatMap(({ city }) => copiesAt(city)),
      files,
    );
    assert.deepEqual(await network.coordinator.sessions(), []);
  });

  it('A16: a letter to the card, that no key of packs opens, goes when the card has overtaken it', async () => {
    const first = await network.save({ a });
    const rows = await network.rows();
    await forget(first);
    for (const row of rows)
      for (const { storeId } of row.copies) network.ruin(network.cityOf(storeId), row);
    network.loseCache();
    assert.equal((await run()).packsRemoved, 0, 'nobody knows what they hold');
    const released: SessionId[] = [];
    const names = new Set(rows.map(({ packId }) => packId));
    const letters = {
      release: async (session: SessionId) => void released.push(session),
      has: (packId: PackId) => names.has(packId),
    };
    await prune({ ...REPACK_NOTHING, dryRun: true }, { ...(await network.context()), letters });
    assert.deepEqual(released, []);
    await prune(REPACK_NOTHING, { ...(await network.context()), letters });
    assert.equal(released.length, 1);
    assert.deepEqual(await ids(), []);
  });

  it('a pack in use that cannot be read now is left as it is, and stops nothing else', async () => {
    const first = await network.save({ a });
    await network.save({ b, c: network.random.bytes(20_000) });
    await forget(first);
    const largest = (rows: readonly PackRow[]): PackRow =>
      must(rows.toSorted((x, y) => y.leafCount - x.leafCount)[0], 'a pack');
    const data = largest(await network.rows());
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, data);
    const done = await run(KEEP_NOTHING_UNUSED);
    assert.ok(done.packsRemoved > 0);
    assert.ok((await ids()).includes(data.packId));
  });

  it('the home keeps nothing of dropped packs, and all of the others', async () => {
    const first = await network.save({ a, b });
    // Of the first session's index file the data stays, of the second's nothing.
    const second = await network.save({ c: network.random.bytes(3000) });
    await network.save({ a });
    await forget(first);
    await forget(second);
    await run();
    const { home, disk, keys } = await network.context();
    const rows = new Set<string>(await ids());
    const records = [...readIndex({ disk, folder: home.indexFolder, localKey: keys.localKey })].map(
      (record) => record.packId as string,
    );
    assert.deepEqual(new Set(records), rows);
    assert.equal(records.length, rows.size);
    const kept = network.disk.list(home.packFolder).map((entry) => entry.name);
    assert.ok(kept.length > 0 && kept.every((name) => rows.has(name)));
  });

  it('a home that refuses costs no prune', async () => {
    const first = await network.save({ a });
    await network.save({ b });
    await forget(first);
    const disk = faultDisk(network.disk, { only: ['unlink', 'create'], at: 1, lasting: true });
    const done = await prune(REPACK_NOTHING, await network.context(disk));
    assert.equal(done.packsRemoved, done.packsUnused);
    assert.equal(disk.struck === undefined, false);
  });
});

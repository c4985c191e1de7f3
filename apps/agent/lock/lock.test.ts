// Goal: what is saved under a lock is opened by the stamps of its day and by nothing else, keeps through everything
// that happens to snapshots without being opened, and refuses whatever does not agree by its name (D16).
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { equalBytes, KuraError, must, type SnapshotId } from '@kura/base';
import { lockKeyOf, openLockShare } from '@kura/copy-seal';
import { isLocked, type Snapshot } from '@kura/format';
import { lockedKeys, newLockSecret } from '@kura/member-seal';
import { givenOf } from '@kura/timestamps';
import { check } from '../check/check.ts';
import { notarise } from '../notarise/notarise.ts';
import { testAuthority } from '../notarise/test-authority.ts';
import { prune } from '../prune/prune.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { recover } from '../recover/recover.ts';
import { replaceSnapshot } from '../snapshots/replace-snapshot.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { linesOf, TestNetwork } from '../test-network.ts';
import { type LockSeal, readSeal } from './lock-seal.ts';
import { openLockedReading } from './locked-reading.ts';
import { notariseLock } from './notarise-lock.ts';
import { type LockHelp, openLock } from './open-lock.ts';
import { keepPending } from './pending-locks.ts';

const KEEP_NOTHING_UNUSED = { dryRun: false, maxUnused: { kind: 'bytes', bytes: 0 } } as const;
const REFUSES =
  (text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === 'refused' && text.test(error.message);

describe('D16: a snapshot under a lock', () => {
  let network: TestNetwork;
  let content: Uint8Array;
  let open: SnapshotId;
  let locked: SnapshotId;

  beforeEach(async () => {
    network = await TestNetwork.found();
    content = network.random.bytes(12_000);
    open = await network.save({ a: content });
    locked = await notarised(await saved());
  });
  afterEach(() => network.close());

  const authority = (name: string) =>
    testAuthority(name, { nowMs: network.clock.nowMs(), random: network.random });

  async function saved(): Promise<SnapshotId> {
    const context = await network.context();
    const secret = newLockSecret(network.random);
    await keepPending(context, secret);
    const keys = lockedKeys(context.keys, secret);
    const lock = { keys, recordLines: context.lines };
    const ports = { ...context, lines: linesOf({ ...context, keys }), lock };
    return await network.save({ a: content }, {}, ports);
  }

  async function notarised(
    id: SnapshotId,
    { notaryKey, receiptOf = id }: { notaryKey?: Uint8Array; receiptOf?: SnapshotId } = {},
  ): Promise<SnapshotId> {
    const context = await network.context();
    const receipt = must(await network.coordinator.receipt(receiptOf), 'a receipt');
    const authorities = [authority('one'), authority('two')];
    return await withReading(async (reading) => {
      const stored = must(await reading.snapshots.find(id), 'the snapshot');
      const lock = { stored, receipt, authorities, approvals: 2, notaryKey };
      return (await notariseLock(lock, { ...context, reading })).snapshotId;
    });
  }

  async function withReading<T>(work: (reading: Reading) => Promise<T>): Promise<T> {
    const reading = await openReading(await network.context(), { purpose: 'read' });
    try {
      return await work(reading);
    } finally {
      reading.close();
    }
  }

  const find = (id: SnapshotId): Promise<StoredSnapshot> =>
    withReading(async ({ snapshots }) => must(await snapshots.find(id), 'the snapshot'));

  async function contentOf(stored: StoredSnapshot, help: LockHelp = {}): Promise<Uint8Array> {
    const reading = await openLockedReading(stored, await network.context(), { help });
    try {
      const root = { content: [stored.snapshot.root], isList: false };
      const entry = must(await reading.trees.find(root, network.pathOf('a')), 'the file');
      const parts: Uint8Array[] = [];
      for (const piece of await reading.trees.fileContent(entry)) {
        parts.push((await reading.chunks.read(piece, 'data')).slice());
      }
      return Buffer.concat(parts);
    } finally {
      reading.close();
    }
  }

  /** The same snapshot, with something else in its lock than what was written. */
  async function withSeal(change: (seal: LockSeal) => object): Promise<StoredSnapshot> {
    const stored = await find(locked);
    const lock = must(stored.snapshot.lock, 'a lock');
    const seal = JSON.parse(must(lock.seal, 'a seal')) as object;
    const changed = { ...seal, ...change(readSeal(must(lock.seal, 'a seal'))) };
    const snapshot: Snapshot = {
      ...stored.snapshot,
      lock: { ...lock, seal: JSON.stringify(changed) },
    };
    return { ...stored, snapshot };
  }

  const inWire = ({ name, token, authorityPem }: LockSeal['stamps'][number]) => ({
    ...{ name, authorityPem },
    token: Buffer.from(token).toString('base64url'),
  });

  const attempt = async (stored: StoredSnapshot, help: LockHelp = {}): Promise<unknown> =>
    openLock(stored, { keys: network.keys, help });

  it('comes back whole where the stamps agree, with nothing but stores and the root', async () => {
    assert.ok(equalBytes(await contentOf(await find(locked)), content));
    network.loseCache();
    assert.ok(equalBytes(await contentOf(await find(locked)), content));
  });

  it('shares no pack and no name of a chunk with the same files unlocked', async () => {
    const stored = await find(locked);
    const packs = must(stored.snapshot.lock, 'a lock').packs;
    const other = await find(open);
    assert.equal(packs.has(other.row.packId), false);
    assert.equal(equalBytes(stored.snapshot.root.id, other.snapshot.root.id), false);
    network.loseCache();
    await withReading(async (reading) => {
      for (const packId of packs) {
        const { row } = must(reading.catalogue.byId(packId), 'a pack of the lock');
        const reader = reading.opener.open(row);
        await assert.rejects(reader.directory(), isLocked);
        reader.close();
      }
      const root = { content: [stored.snapshot.root], isList: false };
      await assert.rejects(reading.trees.entries(root), KuraError);
    });
  });

  it('is in use for prune and check, which cannot open it; other tags leave it as it was', async () => {
    network.loseCache();
    const context = await network.context();
    const stored = await find(locked);
    const tagged = await withReading((reading) =>
      replaceSnapshot(stored, { tags: ['kept'] }, { ...context, reading }),
    );
    await prune(KEEP_NOTHING_UNUSED, await network.context());
    const report = await check({ kind: 'all' }, await network.context());
    assert.deepEqual([report.hurtPacks, report.lostSnapshots], [[], []]);
    assert.ok(equalBytes(await contentOf(await find(tagged)), content));
  });

  it('goes with prune when it is forgotten, and a next backup compares with nothing of it', async () => {
    const packs = [...must((await find(locked)).snapshot.lock, 'a lock').packs];
    await network.forget([locked]);
    await prune(KEEP_NOTHING_UNUSED, await network.context());
    const left = new Set((await network.rows()).map(({ packId }) => packId));
    assert.deepEqual(
      packs.filter((packId) => left.has(packId)),
      [],
    );
    await network.save({ a: content, b: content });
  });

  it('is found again from one store by the recovery words, and opened by what its record has', async () => {
    for (const store of network.stores) store.isAway = store.city !== 'frankfurt';
    await network.loseHome(1);
    const context = await network.context();
    const done = await recover({
      ...context,
      ...{ shelves: context.stores, adopting: network.coordinator },
    });
    assert.deepEqual([done.incomplete, done.passedOver, done.packsUnreadable], [0, 0, 0]);
    assert.ok(equalBytes(await contentOf(await find(locked)), content));
  });

  it('is shut before its stamps are there, and opens when the same home adds them later', async () => {
    const id = await saved();
    await assert.rejects(attempt(await find(id)), REFUSES(/has no stamps yet/));
    assert.ok(equalBytes(await contentOf(await find(await notarised(id))), content));
    const receiptOf = must((await find(locked)).snapshot.original, 'what it was saved as');
    const again = notarised(locked, { receiptOf });
    await assert.rejects(again, (error) => (error as KuraError).code === 'not_found');
  });

  it('is notarised as it was saved first, also after it was given other tags', async () => {
    const id = await saved();
    const context = await network.context();
    const stored = await find(id);
    const tagged = await withReading((reading) =>
      replaceSnapshot(stored, { tags: ['kept'] }, { ...context, reading }),
    );
    await assert.rejects(notarised(tagged), REFUSES(/those of another snapshot/));
    const done = await notarised(tagged, { receiptOf: id });
    assert.ok(equalBytes(await contentOf(await find(done)), content));
  });

  it('refuses a changed stamp', async () => {
    const stored = await withSeal(({ stamps }) => ({
      stamps: stamps.map((stamp, index) => {
        const token = stamp.token.slice();
        const last = token.length - 1;
        if (index === 0) token[last] = (token[last] ?? 0) ^ 1;
        return inWire({ ...stamp, token });
      }),
    }));
    await assert.rejects(attempt(stored), REFUSES(/stays locked: the timestamp is refused/));
  });

  it('refuses the stamps of another snapshot', async () => {
    const other = await find(await notarised(await saved()));
    const seal = JSON.parse(must(other.snapshot.lock?.seal, 'a seal')) as LockSeal;
    const { receipt, stamps } = seal;
    const stored = await withSeal(() => ({ receipt, stamps }));
    await assert.rejects(attempt(stored), REFUSES(/those of another snapshot/));
  });

  it('refuses as good a stamp of another authority, and another approval than of that day', async () => {
    const seal = readSeal(must((await find(locked)).snapshot.lock?.seal, 'a seal'));
    const { random } = network;
    const options = { approvals: 2, random };
    const others = await notarise(seal.receipt, [authority('x'), authority('y')], options);
    const stored = await withSeal(() => ({
      stamps: others.stamps.map((stamp) => inWire(givenOf(stamp))),
    }));
    await assert.rejects(attempt(stored), REFUSES(/not the stamps of its day/));
  });

  it('refuses where approvals are missing, also when fewer are claimed to be enough', async () => {
    const one = await withSeal(({ stamps }) => ({ stamps: stamps.slice(0, 1).map(inWire) }));
    await assert.rejects(attempt(one), REFUSES(/do not agree: 1 of 2/));
    const fewer = await withSeal(({ stamps }) => ({
      ...{ approvals: 1, stamps: stamps.slice(0, 1).map(inWire) },
    }));
    await assert.rejects(attempt(fewer), REFUSES(/not the stamps of its day/));
  });

  it('stays shut without the part that the network keeps, and with a wrong one', async () => {
    const seed = network.random.bytes(32);
    const id = await notarised(await saved(), { notaryKey: lockKeyOf(seed) });
    const stored = await find(id);
    await assert.rejects(attempt(stored), REFUSES(/its network is not here/));
    const wrong = async (): Promise<Uint8Array> => network.random.bytes(32);
    await assert.rejects(attempt(stored, { ask: wrong }), REFUSES(/not the stamps of its day/));
    const ask: LockHelp['ask'] = async ({ box }) => openLockShare(box, seed).share;
    assert.ok(equalBytes(await contentOf(stored, { ask }), content));
  });
});

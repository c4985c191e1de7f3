// Goal: what was handed over is seen at the stores by the device itself, or named as missing, whatever the network
// says (A19).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { must, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { CopyFetcher } from '../read/copy-fetcher.ts';
import { TestNetwork } from '../test-network.ts';
import { type EarlyPack, earlyBackups, rememberEarly } from './early-backups.ts';
import { type EarlyLook, type EarlyOptions, lookEarly, type SessionState } from './look-early.ts';

const ALL: EarlyOptions = { maxBytes: Number.POSITIVE_INFINITY, accepts: false };
const SESSION = 'e'.repeat(32) as SessionId;
const NOWHERE = 'a'.repeat(64) as SnapshotId;

describe('A19: the look at what was handed over', () => {
  let network: TestNetwork;
  let snapshotId: SnapshotId;
  let rows: readonly PackRow[];

  const first = (): PackRow => must(rows[0], 'a pack');
  /** As the device that sealed the pack remembers it. */
  const remembered = async (row: PackRow): Promise<EarlyPack> => {
    const { stores, copyKeys, native, shape } = await network.context();
    const fetcher = new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape });
    const window = new Uint8Array(shape.windowLeaves * shape.leafBytes);
    await fetcher.fetch(row, { first: 0, count: shape.windowLeaves }, window);
    fetcher.close();
    const leaves = [0, 1].map((index) => {
      const leaf = window.subarray(index * shape.leafBytes, (index + 1) * shape.leafBytes);
      return { index, sha256: new Uint8Array(createHash('sha256').update(leaf).digest()) };
    });
    return { packId: row.packId, leafCount: row.leafCount, leaves, seen: [] };
  };
  const remember = async (
    change: { packs?: readonly EarlyPack[]; snapshotId?: SnapshotId } = {},
  ): Promise<void> => {
    const packs = change.packs ?? (await Promise.all(rows.map(remembered)));
    const backup = { snapshotId, session: SESSION, handedOverMs: 1, packs, ...change };
    await rememberEarly(await network.context(), { ...backup, packs });
  };
  const look = async (
    options: Partial<EarlyOptions> = {},
    outcome: SessionState = 'done',
  ): Promise<EarlyLook | undefined> => {
    const context = await network.context();
    const ports = { ...context, outcomeOf: async () => outcome };
    const looks = await lookEarly(
      earlyBackups(context, assert.fail),
      { ...ALL, ...options },
      ports,
    );
    return looks[0];
  };
  const isKept = async (): Promise<boolean> =>
    earlyBackups(await network.context(), assert.fail).length > 0;

  beforeEach(async () => {
    network = await TestNetwork.found();
    snapshotId = await network.save({ a: network.random.bytes(30_000) });
    rows = await network.rows();
  });
  afterEach(() => network.close());

  it('ends when every pack was seen at as many stores as the network keeps copies', async () => {
    await remember();
    const seen = must(await look(), 'a look');
    assert.deepEqual([seen.state, seen.packsSeen, seen.faults], ['done', rows.length, []]);
    assert.equal(seen.copiesRead, rows.length * network.copies);
    assert.equal(await isKept(), false);
  });

  it('reads no more than it may, and goes on where it was', async () => {
    await remember();
    const { windowLeaves, leafBytes } = network.shape;
    const window = windowLeaves * leafBytes;
    let read = 0;
    for (let at = 0; at < rows.length * network.copies; at++) {
      const one = must(await look({ maxBytes: window }), 'a look');
      assert.equal(one.bytesRead, window);
      read += one.copiesRead;
    }
    assert.equal(read, rows.length * network.copies);
    assert.equal(await isKept(), false);
  });

  it('a copy of something else is found, although its root is the one in the tables', async () => {
    const [pack, ...others] = await Promise.all(rows.map(remembered));
    const { leaves, ...rest } = must(pack, 'a pack');
    // What every store has leads to the root that is recorded; what was handed over was other bytes.
    const sealed = leaves.map((leaf) => ({ ...leaf, sha256: new Uint8Array(32) }));
    await remember({ packs: [{ ...rest, leaves: sealed }, ...others] });
    const seen = must(await look(), 'a look');
    assert.deepEqual([seen.state, seen.packsSeen, seen.packsLost], ['open', rows.length - 1, 1]);
    assert.deepEqual(
      seen.faults.map(({ packId, why }) => [packId, /not what was handed over/.test(why)]),
      Array.from({ length: network.copies }, () => [rest.packId, true]),
    );
    assert.ok(await isKept(), 'it is told again');
  });

  it('names a copy that is gone, tells it as a check does, and sees it when it was made anew', async () => {
    await remember();
    network.unlinkCopy('seoul', first());
    const seen = must(await look(), 'a look');
    assert.deepEqual([seen.state, seen.packsLost], ['open', 0]);
    assert.deepEqual(
      seen.faults.map(({ packId, storeId }) => [packId, network.cityOf(must(storeId, 'where'))]),
      [[first().packId, 'seoul']],
    );
    const row = await network.coordinator.pack(first().packId);
    assert.ok(row?.copies.some(({ state }) => state === 'lost'));
    const [again] = [must(await look(), 'a look')];
    assert.match(must(again.faults[0], 'a fault').why, /1 of 2 copies/);
  });

  it('a store that is away is asked another time', async () => {
    await remember();
    network.store('seoul').isAway = true;
    const seen = must(await look(), 'a look');
    assert.deepEqual([seen.state, seen.faults, seen.away.length], ['open', [], 1]);
    network.store('seoul').isAway = false;
    assert.equal((await look())?.state, 'done');
  });

  it('says when there is no snapshot: it waits, was given up, or is not shown', async () => {
    await remember({ snapshotId: NOWHERE });
    assert.equal((await look({}, 'running'))?.state, 'waiting');
    assert.equal((await look({}, 'done'))?.state, 'missing');
    assert.equal((await look({}, 'unknown'))?.state, 'missing');
    assert.ok(await isKept(), 'until a person goes on without it');
    assert.equal((await look({ accepts: true }, 'done'))?.state, 'missing');
    assert.equal(await isKept(), false);
    await remember({ snapshotId: NOWHERE });
    assert.equal((await look({}, 'failed'))?.state, 'failed');
    assert.equal(await isKept(), false, 'the next backup sends what is missing');
  });

  it('says nothing of what its owner has forgotten, and counts packs that are gone apart', async () => {
    const gone = { ...(await remembered(first())), packId: 'b'.repeat(64) as PackId };
    await remember({ packs: [gone] });
    const seen = must(await look(), 'a look');
    assert.deepEqual([seen.state, seen.packs, seen.packsSeen, seen.packsGone], ['done', 1, 0, 1]);
    await remember();
    await network.save({ a: network.random.bytes(10) });
    await network.forget([snapshotId]);
    assert.equal(await look(), undefined);
    assert.equal(await isKept(), false);
  });
});

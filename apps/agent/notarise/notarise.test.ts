// Goal: a snapshot is notarised only if as many authorities as were asked for agree on when its receipt was there;
// what is kept is judged again by anybody, offline, and every change of it is seen (D16).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, MINUTE_MS, memberId, snapshotId } from '@kura/base';
import { formatReceiptBody } from '@kura/log';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import type { AskedAuthority } from './authorities.ts';
import { keepStamps, readStamps } from './kept-stamps.ts';
import { notarise } from './notarise.ts';
import { testAuthority } from './test-authority.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const SNAPSHOT = snapshotId('5a'.repeat(32));
const random = new SeededRandom(7);

const body = formatReceiptBody({
  memberId: memberId('ab'.repeat(16)),
  ...{ snapshotId: SNAPSHOT, predecessor: null, deviceKey: 'cd'.repeat(32), packCount: 3 },
  ...{ packSetRoot: 'ef'.repeat(32), stores: [], timeMs: NOW, salt: '11'.repeat(32) },
});
const receipt = { body, leafIndex: 0, inclusionProof: [], checkpoint: '', witnessed: false };

const authority = (name: string, offMs = 0): AskedAuthority =>
  testAuthority(name, { nowMs: NOW, offMs, random });

const silent = (name: string): AskedAuthority => ({
  ...authority(name),
  ask: async () => {
    throw new KuraError('unreachable', 'nobody answers');
  },
});

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('D16: a snapshot is notarised', () => {
  it('by two authorities that agree, whatever a third one does', async () => {
    const asked = [authority('one'), silent('two'), authority('three', MINUTE_MS)];
    const { stamps, failures } = await notarise(receipt, asked, { approvals: 2, random });
    assert.deepEqual(
      stamps.map(({ name }) => name),
      ['one', 'three'],
    );
    assert.match(failures.get('two') ?? '', /nobody answers/);
  });

  it('not by one whose clock is of another hour, and not twice by the same one', async () => {
    const late = [authority('one'), authority('late', 60 * MINUTE_MS)];
    await assert.rejects(notarise(receipt, late, { approvals: 2, random }), isRefused);
    const one = authority('one');
    const twice = [one, { ...one, name: 'the same' }];
    await assert.rejects(notarise(receipt, twice, { approvals: 2, random }), isRefused);
    const { stamps } = await notarise(receipt, twice, { approvals: 1, random });
    assert.equal(stamps.length, 1);
  });

  it('and what is kept is judged anew: a changed receipt, token or authority is refused', async () => {
    const disk = new MemoryDisk();
    disk.makeFolder('/home');
    const place = { disk, random, homeFolder: '/home' };
    const asked = [authority('one'), authority('two')];
    const { stamps } = await notarise(receipt, asked, { approvals: 2, random });
    await keepStamps(place, SNAPSHOT, { approvals: 2, receipt, stamps });
    const again = readStamps(place, SNAPSHOT);
    assert.deepEqual(
      again.stamps.map(({ timestamp }) => timestamp.timeMs),
      [NOW, NOW],
    );
    const others = authority('nobody').certificates;
    assert.throws(() => readStamps(place, SNAPSHOT, others), isRefused);
    const other = body.replace('"packCount":3', '"packCount":4');
    const forged = { ...receipt, body: other };
    await keepStamps(place, SNAPSHOT, { approvals: 2, receipt: forged, stamps });
    assert.throws(() => readStamps(place, SNAPSHOT), isRefused);
    const [first] = stamps;
    assert.ok(first !== undefined);
    await keepStamps(place, SNAPSHOT, { approvals: 2, receipt, stamps: [first, first] });
    assert.throws(() => readStamps(place, SNAPSHOT), isRefused);
  });
});

// Goal: a card comes to have the proof that witnesses have signed, and no better proof is lost to a worse one (A16,
// A17).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { parseCustodyRecord, snapshotOf } from '@kura/log';
import { TestLog } from '@kura/log/test-custody.ts';
import { FAST_COST } from '@kura/member-seal';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { CardFolder, type CardPlace } from './card-folder.ts';
import { CardLog, ENTRIES_PER_FILE, type KeptReceipt, RECEIPTS } from './card-log.ts';
import { renewReceipts } from './renew-receipts.ts';

const place: CardPlace = { networkId: 'ee'.repeat(16), service: 'custody' };

/** `count` receipts as they were given at once, and a network that gives each anew under its newest head. */
async function kept(count: number) {
  const settings = { disk: new MemoryDisk(), random: new SeededRandom(5), folder: '/card' };
  const card = await CardFolder.make({ ...settings, passphrase: 'lantern', cost: FAST_COST });
  const log = new CardLog({ card, place }, RECEIPTS);
  const tree = new TestLog(['north', 'south']);
  const entries = Array.from({ length: count }, (_, index): KeptReceipt => {
    const receipt = tree.add(tree.snapshotBody());
    const { checkpoint } = receipt;
    const alone = `${checkpoint.split('\n— north')[0]}\n`;
    const snapshotId = must(snapshotOf(parseCustodyRecord(receipt.body)), 'a snapshot');
    const early = { ...receipt, checkpoint: alone, witnessed: false };
    return { snapshotId, event: undefined, timeMs: index, receipt: early };
  });
  await log.add(entries);
  const given = new Map<string, CustodyReceipt>(
    entries.map(({ snapshotId, receipt: { body, leafIndex } }) => [
      must(snapshotId, 'a snapshot'),
      tree.receipt(body, leafIndex),
    ]),
  );
  const asked: string[] = [];
  const renew = (): Promise<number> =>
    renewReceipts({
      ...{ log, policy: tree.policy(2) },
      coordinator: {
        events: async () => [],
        receipt: async (id) => {
          asked.push(id);
          return given.get(id);
        },
      },
    });
  const witnessed = (): number =>
    [...log.newest()].filter(({ receipt }) => receipt.witnessed).length;
  return { log, tree, entries, given, asked, renew, witnessed };
}

describe('A17: receipts on a card', () => {
  it('are exchanged for those that witnesses have signed, in their places', async () => {
    const { log, entries, asked, renew, witnessed } = await kept(5);
    assert.equal(await renew(), 5);
    assert.equal(witnessed(), 5);
    assert.deepEqual(
      [...log.newest()].reverse().map(({ snapshotId, timeMs }) => [snapshotId, timeMs]),
      entries.map(({ snapshotId, timeMs }) => [snapshotId, timeMs]),
    );
    assert.equal(await renew(), 0);
    assert.equal(asked.length, 5, 'what is witnessed is not asked for again');
  });

  it('are exchanged over the files that they lie in', async () => {
    const { renew, witnessed } = await kept(ENTRIES_PER_FILE + 20);
    assert.equal(await renew(), 50);
    assert.equal(await renew(), 50);
    assert.equal(await renew(), 20);
    assert.equal(witnessed(), ENTRIES_PER_FILE + 20);
  });

  it('stay as they are against another body, another leaf, no witness, or a claim of one', async () => {
    const { log, tree, entries, given, renew } = await kept(2);
    const before = [...log.newest()];
    const [first, second] = entries.map(({ snapshotId }) => must(snapshotId, 'a snapshot'));
    const good = must(given.get(must(first, 'two')), 'given');
    const [early] = entries;
    const worse: readonly CustodyReceipt[] = [
      must(given.get(must(second, 'two')), 'given'),
      { ...good, leafIndex: 1 },
      { ...good, inclusionProof: [] },
      must(early, 'two').receipt,
      { ...must(early, 'two').receipt, witnessed: true },
      tree.receipt(tree.snapshotBody(), 1),
    ];
    for (const receipt of worse) {
      given.set(must(first, 'two'), receipt);
      assert.equal(await renew(), 0);
      assert.deepEqual([...log.newest()], before);
    }
  });

  it('of what was forgotten hold up none of the others', async () => {
    const { entries, given, renew, witnessed } = await kept(3);
    given.delete(must(entries[0]?.snapshotId, 'a snapshot'));
    assert.equal(await renew(), 2);
    assert.equal(witnessed(), 2);
  });
});

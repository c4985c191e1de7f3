import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, sessionId, utf8 } from '@kura/base';
import { FAST_COST } from '@kura/member-seal';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { CardFolder, type CardPlace } from './card-folder.ts';
import { CardLog, ENTRIES_PER_FILE, JOURNAL, type KeptSession } from './card-log.ts';

const place: CardPlace = { networkId: 'ee'.repeat(16), service: 'custody' };

async function begun() {
  const disk = new MemoryDisk();
  const settings = { disk, random: new SeededRandom(5), folder: '/card' };
  const card = await CardFolder.make({ ...settings, passphrase: 'lantern', cost: FAST_COST });
  return { disk, card, log: new CardLog({ card, place }, JOURNAL) };
}

function entry(number: number): KeptSession {
  return {
    sessionId: sessionId(number.toString(16).padStart(32, '0')),
    ...{ kind: 'backup', beganMs: number, endedMs: number + 1, outcome: 'done', figures: '{}' },
    ...{ line: undefined, places: undefined },
  };
}

const range = (first: number, count: number): readonly KeptSession[] =>
  Array.from({ length: count }, (_, index) => entry(first + index));

describe('A17: what a card keeps of the past', () => {
  it('is there once and in order, the newest first, over as many files as it takes', async () => {
    const { log, card } = await begun();
    assert.deepEqual([...log.newest()], []);
    await log.add(range(0, 3));
    await log.add(range(1, 4));
    await log.add(range(5, 2 * ENTRIES_PER_FILE));
    const count = 5 + 2 * ENTRIES_PER_FILE;
    assert.deepEqual([...log.newest()], range(0, count).toReversed());
    assert.equal(card.lastNumber(place, 'journal'), 3);
  });

  it('rewrites the newest file only', async () => {
    const { log, disk } = await begun();
    await log.add(range(0, ENTRIES_PER_FILE));
    const first = `/card/${place.networkId}/custody/journal/000001.sealed`;
    disk.unlink(first);
    await log.add(range(ENTRIES_PER_FILE, 1));
    assert.equal([...log.newest()].length, 1, 'what is lost is lost, and nothing else');
  });

  it('says which file is not what it should be', async () => {
    const { log, card } = await begun();
    await card.write(place, 'journal/000001', utf8('{"entries":[{}]}'));
    assert.throws(
      () => [...log.newest()],
      (error) => error instanceof KuraError && /journal\/000001/.test(error.message),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, KuraError } from '@kura/base';
import { FAST_COST } from '@kura/member-seal';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { CardFolder, type CardPlace } from './card-folder.ts';
import { copyCard } from './copy-card.ts';
import { removeCard } from './remove-card.ts';

const passphrase = 'lantern';
const allowed = { allowFastCost: true };
const place: CardPlace = { networkId: 'ee'.repeat(16), service: 'custody' };
const content = new Uint8Array(5000).fill(7);

async function made() {
  const access = { disk: new MemoryDisk(), random: new SeededRandom(5) };
  const card = await CardFolder.make({ ...access, folder: '/card', passphrase, cost: FAST_COST });
  await card.write(place, 'stores', content);
  await card.write(place, 'receipts/000001', content);
  return { access, card };
}

const isOf =
  (code: KuraError['code']) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

describe('A17: a copy of a card', () => {
  it('opens with the same passphrase, and has every file', async () => {
    const { access, card } = await made();
    const copied = await copyCard(access, '/card', '/stick/card');
    assert.equal(copied.files, 3);
    const copy = await CardFolder.open({ ...access, folder: '/stick/card' }, passphrase, allowed);
    assert.equal(copy.cardId, card.cardId);
    for (const name of ['stores', 'receipts/000001']) {
      assert.ok(equalBytes(copy.read(place, name) ?? new Uint8Array(), content), name);
    }
  });

  it('is never made over another card, nor of a folder that is none', async () => {
    const { access } = await made();
    await copyCard(access, '/card', '/stick');
    await assert.rejects(copyCard(access, '/card', '/stick'), isOf('already_exists'));
    await assert.rejects(copyCard(access, '/nowhere', '/other'), isOf('not_found'));
  });

  it('that was interrupted is no card, and can be made again', async () => {
    const { access } = await made();
    const { disk } = access;
    const rename = disk.rename.bind(disk);
    disk.rename = (from, to) => {
      if (to.endsWith('kura-card.json')) throw new Error('the stick was pulled out');
      rename(from, to);
    };
    await assert.rejects(copyCard(access, '/card', '/stick'));
    assert.equal(CardFolder.isThere({ ...access, folder: '/stick' }), false);
    disk.rename = rename;
    await copyCard(access, '/card', '/stick');
    await CardFolder.open({ ...access, folder: '/stick' }, passphrase, allowed);
  });
});

describe('A17: a card that has moved', () => {
  it('leaves nothing behind but what is not its own', async () => {
    const { access } = await made();
    const { disk } = access;
    disk.create(`/card/${place.networkId}/note.txt`).close();
    await removeCard(access, '/card');
    assert.deepEqual(
      disk.list('/card').map(({ name }) => name),
      [place.networkId],
    );
    assert.deepEqual(
      disk.list(`/card/${place.networkId}`).map(({ name }) => name),
      ['note.txt'],
    );
    await removeCard(access, '/card');
  });

  it('is no card as soon as its removal begins', async () => {
    const { access } = await made();
    const { disk } = access;
    const unlink = disk.unlink.bind(disk);
    disk.unlink = (path) => {
      if (path.endsWith('.sealed')) throw new Error('the stick was pulled out');
      unlink(path);
    };
    await assert.rejects(removeCard(access, '/card'));
    assert.equal(CardFolder.isThere({ ...access, folder: '/card' }), false);
  });
});

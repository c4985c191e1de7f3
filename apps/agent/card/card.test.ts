// Goal: a card opens with its passphrase, gives back what was written, and nothing else than that (A17).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, KuraError, memberId, SMALL_SHAPE, storeId } from '@kura/base';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { FAST_COST } from '@kura/member-seal';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { CardFiles, type CardNetwork } from './card-files.ts';
import { CardFolder, type CardPlace } from './card-folder.ts';

const folder = '/stick';
const passphrase = 'lantern';
const allowed = { allowFastCost: true };
const place: CardPlace = { networkId: 'ee'.repeat(16), service: 'custody' };
const other: CardPlace = { ...place, networkId: 'dd'.repeat(16) };
const content = new TextEncoder().encode('what is to be kept');

function surroundings() {
  return { disk: new MemoryDisk(), random: new SeededRandom(5), folder };
}

const isOf =
  (code: KuraError['code']) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

async function made() {
  const settings = surroundings();
  const card = await CardFolder.make({ ...settings, passphrase, cost: FAST_COST });
  await card.write(place, 'notes/000001', content);
  return { settings, card, path: `${folder}/${place.networkId}/custody/notes/000001.sealed` };
}

describe('A17: a card', () => {
  it('opens with its passphrase, on any machine, and gives back what was written', async () => {
    const { settings, card } = await made();
    const again = await CardFolder.open(settings, passphrase, allowed);
    assert.equal(again.cardId, card.cardId);
    assert.ok(equalBytes(again.read(place, 'notes/000001') ?? new Uint8Array(), content));
    assert.equal(again.read(other, 'notes/000001'), undefined);
    await assert.rejects(CardFolder.open(settings, 'candle', allowed), isOf('wrong_passphrase'));
  });

  it('opens with the new passphrase only once it was changed', async () => {
    const { settings, card } = await made();
    await card.changePassphrase('candle', FAST_COST);
    const again = await CardFolder.open(settings, 'candle', allowed);
    assert.ok(equalBytes(again.read(place, 'notes/000001') ?? new Uint8Array(), content));
    await assert.rejects(CardFolder.open(settings, passphrase, allowed), isOf('wrong_passphrase'));
  });

  it('is not made twice in one folder, and names the folder where there is none', async () => {
    const { settings } = await made();
    await assert.rejects(
      CardFolder.make({ ...settings, passphrase, cost: FAST_COST }),
      isOf('already_exists'),
    );
    await assert.rejects(
      CardFolder.open({ ...settings, folder: '/elsewhere' }, passphrase, allowed),
      isOf('not_found'),
    );
  });

  it('R8: does not open a file that was changed, or that is another one', async () => {
    const { settings, card, path } = await made();
    await card.write(other, 'notes/000001', content);
    await card.write(place, 'notes/000002', content);
    const { disk } = settings;
    disk.unlink(path);
    disk.rename(path.replace('000001', '000002'), path);
    assert.throws(() => card.read(place, 'notes/000001'), isOf('corrupt'));
    disk.unlink(path);
    disk.rename(path.replace(place.networkId, other.networkId), path);
    assert.throws(() => card.read(place, 'notes/000001'), isOf('corrupt'));
    await card.write(place, 'notes/000001', content);
    disk.flip(path, 30);
    assert.throws(() => card.read(place, 'notes/000001'), isOf('corrupt'));
  });

  it('is refused by name if it was written by a newer version, or is damaged', async () => {
    const { settings } = await made();
    const { disk } = settings;
    const lock = `${folder}/kura-card.json`;
    const write = (text: string): void => {
      disk.unlink(lock);
      const file = disk.create(lock);
      file.write(new TextEncoder().encode(text), 0);
      file.close();
    };
    write('{"version":2}');
    await assert.rejects(CardFolder.open(settings, passphrase, allowed), isOf('unsupported'));
    for (const text of ['', 'null', '{"version":1}', 'x'.repeat(5000)]) {
      write(text);
      await assert.rejects(CardFolder.open(settings, passphrase, allowed), isOf('corrupt'));
    }
  });

  it('keeps a network, its stores and who the member is', async () => {
    const { card } = await made();
    const files = new CardFiles(card, place);
    assert.throws(() => files.stores(), isOf('corrupt'));
    const bytesOf = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
    const store: CardStore = {
      identity: {
        storeId: storeId('5a'.repeat(16)),
        publicKey: bytesOf(1),
        suite: 'aes-256-ctr',
        place: { city: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'jp-west' },
        inventoryEpoch: 1,
      },
      kind: 'readable',
      readers: ['127.0.0.1:7445'],
      copyKey: bytesOf(2),
      pseudonym: memberId('aa'.repeat(16)),
      grant: undefined,
    };
    const network: CardNetwork = {
      memberId: memberId('bb'.repeat(16)),
      coordinators: ['a:1'],
      gateways: ['b:2'],
      rootPem: 'root',
      logOrigin: 'kura.network/x',
      logKey: bytesOf(3),
      coordinatorKey: bytesOf(4),
      noticeKey: bytesOf(5),
      level: 2,
      shape: SMALL_SHAPE,
      home: { name: 'tokyo', lat: 35.7, lon: 139.7, powerArea: 'jp-east' },
      copies: 2,
      removalDelayMs: 0,
      witnessPolicy: 'quorum none\n',
    };
    await files.saveStores([store]);
    await files.saveNetwork(network);
    assert.deepEqual(files.stores(), [store]);
    assert.deepEqual(files.network(), network);
  });
});

// Goal: a card for reading only has what opens and nothing that signs: whoever holds it and its passphrase can read
// what its member saved, and do nothing else (A17, A21).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, SMALL_SHAPE } from '@kura/base';
import { deriveMemberKeys, deriveServiceKeys, FAST_COST, type Root } from '@kura/member-seal';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { CardFiles, type CardIdentity } from './card-files.ts';
import { CardFolder, type CardPlace } from './card-folder.ts';
import { readingOf } from './card-reading.ts';
import { sealedFiles } from './copy-card.ts';
import { copyReadingCard } from './copy-reading-card.ts';

const place: CardPlace = { networkId: 'ee'.repeat(16), service: 'custody' };
const allowed = { allowFastCost: true };
const bytesOf = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const root = bytesOf(9) as Root;
const IDENTITY: CardIdentity = {
  root,
  account: 'ann',
  device: { seed: bytesOf(11), publicKey: bytesOf(12), ownerSignature: bytesOf(13, 64) },
  deviceTls: { certificatePem: 'certificate of the device', keyPem: 'key of the device' },
  cardTls: { certificatePem: 'certificate of the card', keyPem: 'key of the card' },
};
const NETWORK = {
  memberId: deriveMemberKeys(root).memberId,
  ...{ coordinators: ['a:1'], gateways: ['b:2'], rootPem: 'root', logOrigin: 'kura.network/x' },
  ...{ logKey: bytesOf(3), coordinatorKey: bytesOf(4), noticeKey: bytesOf(5), level: 2 },
  shape: SMALL_SHAPE,
  home: { name: 'tokyo', lat: 35.7, lon: 139.7, powerArea: 'jp-east' },
  ...{ copies: 2, removalDelayMs: 0, witnessPolicy: undefined },
};

const isOf = (code: KuraError['code'], text: RegExp) => (error: unknown) =>
  error instanceof KuraError && error.code === code && text.test(error.message);

async function scene() {
  const access = { disk: new MemoryDisk(), random: new SeededRandom(5) };
  const settings = { ...access, folder: '/card', passphrase: 'lantern', cost: FAST_COST };
  const files = new CardFiles(await CardFolder.make(settings), place);
  await files.saveIdentity(IDENTITY);
  await files.saveNetwork(NETWORK);
  await files.saveStores([]);
  await files.keepLockShare(2 ** 31, bytesOf(21));
  await files.card.write(place, 'receipts/000001', bytesOf(31));
  const to = { ...access, folder: '/stick', passphrase: 'candle', cost: FAST_COST };
  return { access, files, to };
}

describe('A17, A21: a card for reading only', () => {
  it('opens with its own passphrase, and has every key that reading takes', async () => {
    const { access, files, to } = await scene();
    await copyReadingCard(files, to);
    const stick = { ...access, folder: '/stick' };
    await assert.rejects(CardFolder.open(stick, 'lantern', allowed), isOf('wrong_passphrase', /./));
    const card = new CardFiles(await CardFolder.open(stick, 'candle', allowed), place);
    assert.equal(card.isReadOnly, true);
    assert.notEqual(card.card.cardId, files.card.cardId);
    const { keys, tls, ...letters } = readingOf(card);
    const whole = deriveMemberKeys(root);
    const { epoch, chunkIdKeys, publicKeys, privateKeys, ownerKey } = whole;
    const { localKey, ...others } = keys;
    const { memberId } = whole;
    assert.deepEqual(others, { memberId, epoch, chunkIdKeys, publicKeys, privateKeys, ownerKey });
    assert.notDeepEqual(localKey, whole.localKey);
    assert.deepEqual(letters, deriveServiceKeys(root));
    assert.deepEqual(tls, IDENTITY.cardTls);
    assert.deepEqual(card.network(), NETWORK);
    assert.deepEqual(card.card.read(place, 'receipts/000001'), bytesOf(31));
  });

  it('has nothing that signs, lets in, saves or opens locks, in none of its files', async () => {
    const { access, files, to } = await scene();
    await copyReadingCard(files, to);
    const card = await CardFolder.open({ ...access, folder: '/stick' }, 'candle', allowed);
    const { ownerSeed, lockKey, localKey, chunkerKey } = deriveMemberKeys(root);
    const { device, deviceTls } = IDENTITY;
    const secrets = [root, ownerSeed, lockKey, localKey, chunkerKey, device.seed, bytesOf(21)];
    const words = secrets.map((secret) => Buffer.from(secret).toString('base64url'));
    for (const path of sealedFiles(access.disk, '/stick')) {
      const name = path.replace(`${place.networkId}/custody/`, '').replace('.sealed', '');
      const text = Buffer.from(card.read(place, name) ?? []).toString('latin1');
      assert.ok(text.length > 0, name);
      for (const word of [...words, deviceTls.keyPem]) assert.ok(!text.includes(word), name);
    }
    // They are looked for in the way in which a whole card has them.
    const own = Buffer.from(files.card.read(place, 'identity') ?? []).toString('latin1');
    assert.ok(own.includes(words[0] ?? '') && own.includes(deviceTls.keyPem));
  });

  it('is no card of its owner: whoever needs one is told', async () => {
    const { access, files, to } = await scene();
    await copyReadingCard(files, to);
    const stick = { ...access, folder: '/stick' };
    const card = new CardFiles(await CardFolder.open(stick, 'candle', allowed), place);
    assert.throws(() => card.identity(), isOf('refused', /for reading only/));
    const third = { ...to, folder: '/third' };
    await copyReadingCard(card, third);
    assert.deepEqual(
      readingOf(new CardFiles(await CardFolder.open(third, 'candle', allowed), place)).catalogueKey,
      readingOf(card).catalogueKey,
    );
  });

  it('whose copy was interrupted is no card, and can be made again', async () => {
    const { access, files, to } = await scene();
    const { disk } = access;
    const rename = disk.rename.bind(disk);
    disk.rename = (from, name) => {
      if (name.endsWith('reading.sealed')) throw new Error('the stick was pulled out');
      rename(from, name);
    };
    await assert.rejects(copyReadingCard(files, to), /pulled out/);
    assert.equal(CardFolder.isThere({ ...access, folder: '/stick' }), false);
    disk.rename = rename;
    await copyReadingCard(files, to);
    await CardFolder.open({ ...access, folder: '/stick' }, 'candle', allowed);
    await assert.rejects(copyReadingCard(files, to), isOf('already_exists', /there is a card/));
  });
});

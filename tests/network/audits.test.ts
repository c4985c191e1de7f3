// Goal: programs that run, each a process of its own: copies are fetched from their stores over TLS, each store's
// cipher is taken off, all are compared, and one flipped bit on one disk is found, with its place, and told (A10,
// A12, A15).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

/** As many as there are copies: whatever lies at one of them stays there. */
const CITY = 'frankfurt';
const OTHER_CITY = 'stockholm';
const LEAF_BYTES = 65_536;
/** Of a bit in the middle of the sixth leaf of a copy. */
const PLACE = { leaf: 5, byte: 1234, bit: 6 };

/** Copies of a shelf as files, whose leaves come first; the largest first. */
function copiesAt(network: RunningNetwork, city: string): readonly string[] {
  const folder = `${network.folder}/store-${city}/shelf/copies`;
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => fs.statSync(path).isFile());
  return files.sort((a, b) => fs.statSync(b).size - fs.statSync(a).size);
}

function flipBit(path: string): void {
  const file = fs.openSync(path, 'r+');
  const at = PLACE.leaf * LEAF_BYTES + PLACE.byte;
  const byte = Buffer.alloc(1);
  fs.readSync(file, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << PLACE.bit);
  fs.writeSync(file, byte, 0, 1, at);
  fs.fsyncSync(file);
  fs.closeSync(file);
}

describe('audits of a running network', () => {
  let network: RunningNetwork;

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: CITY, kind: 'strict' },
        { city: OTHER_CITY, kind: 'card-readable' },
      ],
    });
    await network.join('grace');
    const source = `${network.folder}/source`;
    fs.mkdirSync(source);
    const large = Buffer.alloc(3_000_001);
    for (let at = 0; at < large.length; at++) large[at] = (at * at) >>> 5;
    fs.writeFileSync(`${source}/large`, large);
    const saved = await network.member('grace', 'backup', source);
    assert.equal(saved.code, 0, describeEnd(saved));
  });
  after(() => network?.close());

  const audit = async (home: string, ...argv: string[]): Promise<Ended> => {
    const ended = await network.member(home, 'audit', ...argv, '--json');
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const roundEnds = (round: number): Promise<unknown> =>
    network
      .process('coordinator')
      .logged((line) => line.event === 'a round of audits has ended' && line.number === round);
  const storesOf = async () =>
    recordsOf((await audit('operator', 'status')).out).filter(
      (record) => record.message_type === 'store',
    );

  it('A10: one copy of each pack is fetched, all are compared with it, and are as entrusted', async () => {
    await audit('operator', 'run', '--round');
    await roundEnds(0);
    const stores = await storesOf();
    const sumOf = (name: 'copies_proved' | 'compare_bytes' | 'full_read_bytes'): number =>
      stores.reduce((sum, store) => sum + (store.today as Record<typeof name, number>)[name], 0);
    const stored = stores.reduce((sum, store) => sum + Number(store.stored_bytes), 0);
    assert.ok(sumOf('copies_proved') >= 2);
    assert.ok(sumOf('compare_bytes') >= stored / 2, 'one of two copies went over the line');
    assert.equal(sumOf('full_read_bytes'), stored / 2, 'the other was read by its store');
    for (const store of stores) assert.equal(store.standing, 'good');
    assert.deepEqual(recordsOf((await audit('operator', 'history')).out), []);
  });

  const ownAudit = async () => {
    const ended = await network.member('grace', 'audit', '--mine', '--places', '100000', '--json');
    const records = recordsOf(ended.out);
    return { ended, stores: records.filter((record) => record.message_type === 'store') };
  };

  it('R23: the member asks both stores itself, straight and through the gateway', async () => {
    const { ended, stores } = await ownAudit();
    assert.equal(ended.code, 0, describeEnd(ended));
    assert.equal(stores.length, 2);
    for (const { asked, right, faults } of stores) {
      assert.ok(Number(asked) > 0);
      assert.equal(right, asked, 'every place of every copy is as recorded');
      assert.deepEqual(faults, []);
    }
  });

  it('A10, A12: one flipped bit on one disk is found in the next round, and its place is named', async () => {
    const [copy] = copiesAt(network, CITY);
    assert.ok(copy !== undefined, 'the store has a copy');
    flipBit(copy);
    await audit('operator', 'run', '--round');
    await roundEnds(1);
    const found = recordsOf((await audit('operator', 'history')).out);
    const stores = await storesOf();
    const guilty = stores.find((store) => store.city === CITY);
    assert.ok(found.length > 0, 'nothing was found');
    assert.ok(found.every((finding) => finding.store === guilty?.store));
    const placed = found.find((finding) => finding.first_bit !== null);
    assert.equal(placed?.leaf, PLACE.leaf);
    assert.equal(placed?.first_bit, 8 * PLACE.byte + PLACE.bit);
    assert.equal(placed?.bits, 1);
    assert.equal(guilty?.standing, 'failed');
    assert.ok(stores.every((store) => store === guilty || store.standing === 'good'));
  });

  it('A12: the member is told the same of its own packs', async () => {
    const told = recordsOf((await audit('grace', 'history')).out);
    assert.ok(told.some((finding) => finding.leaf === PLACE.leaf));
  });

  it('A12, R23: the member finds flipped bits itself, at the store where they lie', async () => {
    // The bit of before was looked at and healed by then: only what is flipped now is at fault.
    await network.process('coordinator').logged((line) => line.event === 'verdict');
    // Some of them are notices of the network, which no member audits.
    for (const copy of copiesAt(network, OTHER_CITY)) flipBit(copy);
    const { ended, stores } = await ownAudit();
    assert.equal(ended.code, 22, describeEnd(ended));
    for (const { city, copies, faults } of stores) {
      assert.equal((faults as readonly string[]).length, city === OTHER_CITY ? copies : 0);
    }
    const incidents = recordsOf((await network.member('grace', 'incidents', 'list', '--json')).out);
    assert.ok(
      incidents.some(({ city }) => city === OTHER_CITY),
      'the network knows of it',
    );
  });
});

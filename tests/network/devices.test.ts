// Goal: what a member does about devices, cards and messages holds for real programs: a further device saves into the
// same chain, one that is removed is refused, and a card that was stolen opens nothing once it is renewed (A17, C12,
// R33).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const DEGRADED = 22;

describe('a member with several devices', () => {
  let network: RunningNetwork;
  let source = '';

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };
  /** What a person who holds nothing but this card sees. */
  const alone = (card: string): Promise<Ended> =>
    network.member('elsewhere', 'snapshots', '--json', '--card', at(card));
  const countOf = (ended: Ended): number => recordsOf(done(ended)).length;
  /** The same until it is refused. */
  const untilRefused = async (work: () => Promise<Ended>): Promise<Ended> => {
    for (;;) {
      const ended = await work();
      if (ended.code !== 0) return ended;
    }
  };

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'frankfurt', kind: 'card-readable' },
        { city: 'ishikari', kind: 'card-readable' },
        { city: 'osaka', kind: 'card-readable' },
      ],
    });
    await network.join('grace');
    source = at('source');
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
    done(await network.member('grace', 'backup', source));
  });
  after(() => network?.close());

  it('A17: the card moves to a stick, nothing of it stays behind, and every store knows it', async () => {
    done(await network.member('grace', 'card', 'move', at('stick')));
    assert.deepEqual(fs.readdirSync(`${at('grace')}/card`), []);
    const [verified] = recordsOf(done(await network.member('grace', 'card', 'verify', '--json')));
    assert.equal(verified?.receipts, 1);
    assert.equal(verified?.events, 2, 'the card and the device that joined');
    const stores = verified?.stores as readonly {
      readonly copies: number;
      readonly why: unknown;
    }[];
    assert.deepEqual(
      stores.map(({ why }) => why),
      [null, null, null],
    );
    assert.equal(stores.filter(({ copies }) => copies > 0).length, 2);
  });

  it('A17: a stick that is elsewhere now is named, and used from there', async () => {
    fs.renameSync(at('stick'), at('moved-stick'));
    const missing = await network.member('grace', 'snapshots');
    assert.match(missing.err, /there is no card in .*stick/);
    done(await network.member('grace', 'card', 'use', at('moved-stick')));
    assert.equal(countOf(await network.member('grace', 'snapshots', '--json')), 1);
  });

  it('C3: a further device joins with the card, and what it saves is found with the other card', async () => {
    const known = ['--account', 'grace', '--known-card', at('moved-stick')];
    const login = ['--login-passphrase-file', at('grace.login')];
    done(await network.member('desk', 'join', ...known, ...login, '--device', 'desk'));
    const saved = await network.member('desk', 'backup', source);
    // A store that a busy machine kept from answering makes it degraded, and no less saved.
    assert.ok(saved.code === 0 || saved.code === DEGRADED, describeEnd(saved));
    assert.equal(countOf(await network.member('desk', 'snapshots', '--json')), 2);
    assert.equal(countOf(await alone('moved-stick')), 2);
  });

  it('A5, A6: what a device saves that is elsewhere goes to neither there nor near home', async () => {
    const citiesOf = async (): Promise<readonly string[]> => {
      const copies = recordsOf(done(await network.member('desk', 'copies', 'latest', '--json')));
      const cities = copies.flatMap((pack) =>
        (pack.copies as readonly { readonly city: string }[]).map(({ city }) => city),
      );
      return [...new Set(cities)].sort();
    };
    done(await network.member('grace', 'devices', 'place', 'ishikari', 'desk'));
    const other = at('other');
    fs.mkdirSync(other);
    fs.writeFileSync(`${other}/letter`, 'nobody has read this before\n');
    const saved = await network.member('desk', 'backup', other);
    assert.ok(saved.code === 0 || saved.code === DEGRADED, describeEnd(saved));
    assert.deepEqual(await citiesOf(), ['frankfurt', 'osaka']);
  });

  it('C3: a device logs in again, and goes on with its new certificate', async () => {
    const login = ['--login-passphrase-file', at('grace.login')];
    done(await network.member('desk', 'login', ...login));
    assert.equal(countOf(await network.member('desk', 'snapshots', '--json')), 3);
  });

  it('C12: the inbox tells of the new device, until it was read', async () => {
    const tells = async (): Promise<boolean> => {
      const unread = recordsOf(done(await network.member('grace', 'inbox', '--json')));
      return unread.some(
        ({ kind, facts }) => kind === 'device' && JSON.stringify(facts).includes('desk'),
      );
    };
    assert.ok(await tells());
    done(await network.member('grace', 'inbox', 'read'));
    assert.ok(!(await tells()), 'what came meanwhile is of copies that moved');
  });

  it('R33: a device that is removed is refused; the card and the others go on', async () => {
    done(await network.member('grace', 'devices', 'remove', 'desk'));
    const listed = recordsOf(done(await network.member('grace', 'devices', '--json')));
    const desk = listed.find(({ name }) => name === 'desk');
    assert.notEqual(desk?.removed, null);
    const refused = await untilRefused(() => network.member('desk', 'snapshots'));
    assert.match(refused.err, /withdrawn|removed/);
    assert.equal(countOf(await alone('moved-stick')), 3);
  });

  it('A17, R33: a stolen copy of the card opens nothing once the card is renewed; the new one does', async () => {
    done(await network.member('grace', 'card', 'copy', at('stolen')));
    assert.equal(countOf(await alone('stolen')), 3);
    done(await network.member('grace', 'card', 'renew'));
    const refused = await untilRefused(() => alone('stolen'));
    assert.match(refused.err, /revoked/);
    assert.equal(countOf(await alone('moved-stick')), 3);
  });
});

// Goal: in a running network a locked snapshot is opened by its stamps and the part of the key that the network keeps,
// and the member is told; without that part the card is not enough, and with it the network need not be there (D16).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const REFUSED = 13;

describe('D16: a locked snapshot in a network of others', () => {
  let network: RunningNetwork;
  let source = '';
  let locked = '';

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };
  const member = (...argv: string[]): Promise<Ended> => network.member('grace', ...argv);
  const elsewhere = (...argv: string[]): Promise<Ended> => network.member('elsewhere', ...argv);
  const letterIn = (target: string): string =>
    fs.readFileSync(`${at(target)}${source}/letter`, 'utf8');

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'osaka', kind: 'card-readable' },
        { city: 'frankfurt', kind: 'card-readable' },
      ],
    });
    await network.join('grace');
    source = at('source');
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/letter`, 'to be opened by nobody else\n');
    const ended = done(await member('backup', source, '--notarise', '--lock', '--json'));
    const [stamps] = recordsOf(ended).slice(-1);
    locked = String(stamps?.snapshot_id);
  });
  after(() => network?.close());

  it('is restored at home, and the inbox says that it was opened', async () => {
    const listed = JSON.parse(done(await member('snapshots', '--json'))) as { id: string }[];
    assert.deepEqual(
      listed.map(({ id }) => id),
      [locked],
    );
    done(await member('restore', 'latest', '--target', at('back')));
    assert.equal(letterIn('back'), 'to be opened by nobody else\n');
    const told = recordsOf(done(await member('inbox', 'list', '--all', '--json')));
    const facts = told.map((message) => (message.facts as { unlocked?: string }).unlocked);
    assert.equal(facts.filter((id) => id !== undefined).length, 1);
    done(await member('check'));
    assert.match(done(await member('stamps', 'show', 'latest')), /1 of 1 approvals/);
  });

  it('is not opened by a card alone, until the card carries what the network gives', async () => {
    done(await member('card', 'copy', at('stick')));
    for (const argv of [
      ['restore', 'latest', '--target', at('no')],
      ['ls', 'latest'],
      ['dump', 'latest', `${source}/letter`],
    ]) {
      const ended = await elsewhere(...argv, '--card', at('stick'));
      assert.equal(ended.code, REFUSED, describeEnd(ended));
      assert.match(ended.err, /is locked, and its network is not here/);
    }
    done(await member('stamps', 'carry', 'latest'));
    done(await member('card', 'copy', at('opening-stick')));
    await network.kill('coordinator');
    const card = at('opening-stick');
    done(await elsewhere('restore', 'latest', '--card', card, '--target', at('back-by-card')));
    assert.equal(letterIn('back-by-card'), 'to be opened by nobody else\n');
  });
});

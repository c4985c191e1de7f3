// Goal: in a running network, each program a process of its own, what a member forgot and pruned by mistake comes back
// with one command, because no store was told yet; and so does what an operator has given notice to remove (D13). What
// goes on purpose from the middle of an archive gives the room of the contract back (C11).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { systemRandom as random } from '@kura/base';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const REFUSED = 13;
const CITIES = ['osaka', 'frankfurt'];
const DIARY_BYTES = 5 * 1024 * 1024;

describe('a member who has pruned too much', () => {
  let network: RunningNetwork;

  before(async () => {
    network = await startNetwork({
      stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
    });
    await network.join('grace');
  });
  after(() => network?.close());

  const member = async (...argv: string[]): Promise<Ended> => {
    const ended = await network.member('grace', ...argv);
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };

  it('D13: recalls the snapshot, and every removal since is revoked', async () => {
    const source = `${network.folder}/source`;
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/letter`, 'dear ada');
    const [saved] = recordsOf((await member('backup', source, '--json')).out).slice(-1);
    const id = String(saved?.snapshot_id);
    await member('forget', id, '--prune');
    assert.equal(JSON.parse((await member('snapshots', '--json')).out).length, 0);
    const kinds = async (): Promise<unknown[]> =>
      recordsOf((await member('removals', 'list', '--json')).out).map((line) => [
        line.message_type,
        line.state ?? line.snapshot,
      ]);
    assert.deepEqual(await kinds(), [
      ['removal', 'waiting'],
      ['forgotten', id],
    ]);
    await member('removals', 'recall', id.slice(0, 8));
    assert.deepEqual(await kinds(), [['removal', 'revoked']]);
    const target = `${network.folder}/back`;
    await member('restore', 'latest', '--target', target);
    assert.equal(fs.readFileSync(`${target}${source}/letter`, 'utf8'), 'dear ada');
  });

  it('C11: takes a file out of what was saved, and the room of the contract comes back', async () => {
    const source = `${network.folder}/source`;
    fs.writeFileSync(`${source}/diary`, random.bytes(DIARY_BYTES));
    await member('backup', source);
    const usedBytes = async (): Promise<number> => {
      const [listed] = recordsOf((await network.operator('members', 'list', '--json')).out);
      return Number(listed?.bytes);
    };
    const before = await usedBytes();
    const free = ['--forget', '--prune', '--max-unused', '0%', '--json'];
    const said = recordsOf((await member('rewrite', '--exclude', 'diary', ...free)).out);
    const plan = said.find(({ message_type: type }) => type === 'plan');
    assert.deepEqual([plan?.chosen_snapshots, plan?.changed_snapshots], [2, 1]);
    assert.ok(Number(plan?.bytes_back) >= CITIES.length * DIARY_BYTES, String(plan?.bytes_back));
    const gained = before - (await usedBytes());
    assert.ok(gained >= DIARY_BYTES, `the contract has ${gained} bytes more`);
    const target = `${network.folder}/without`;
    await member('restore', 'latest', '--target', target);
    assert.deepEqual(fs.readdirSync(`${target}${source}`), ['letter']);
    await member('check');
    const listed = recordsOf((await member('removals', 'list', '--json')).out);
    const old = said.find(({ message_type: type }) => type === 'changed')?.old_snapshot_id;
    assert.ok(
      listed.some(({ snapshot }) => snapshot === old),
      'until the delay is over it can be recalled',
    );
  });

  it('D13: consents to a closing, is given notice, and takes it back with the consent', async () => {
    const [listed] = recordsOf((await network.operator('members', 'list', '--json')).out);
    const id = String(listed?.member_id);
    await member('removals', 'consent', '--notice', '45');
    await network.operator('members', 'close', id);
    const [given] = recordsOf((await network.operator('closings', 'give', id, '--json')).out);
    assert.deepEqual([given?.state, given?.days], ['notice', 45]);
    const closings = async (): Promise<readonly unknown[]> =>
      recordsOf((await member('removals', 'list', '--json')).out)
        .filter(({ message_type: type }) => String(type).startsWith('closing'))
        .map(({ message_type: type, state }) => state ?? type);
    assert.deepEqual(await closings(), ['notice', 'closing_consent']);
    await member('removals', 'revoke', String(given?.closing_id).slice(0, 8));
    assert.deepEqual(await closings(), ['revoked']);
    const again = await network.member('operator', 'operator', 'closings', 'give', id);
    assert.equal(again.code, REFUSED, describeEnd(again));
    assert.match(again.err, /has not consented/);
    await member('restore', 'latest', '--target', `${network.folder}/closed`);
  });
});

// Goal: in a running network, each program a process of its own, what a member forgot and pruned by mistake comes back
// with one command, because no store was told yet (D13).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const CITIES = ['osaka', 'frankfurt'];

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
});

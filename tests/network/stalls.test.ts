// Goal: a restore whose store falls silent in the middle of a file goes on from another one, by itself; and one that
// was killed goes on where it was (D6, C9, C10).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { must, systemRandom } from '@kura/base';
import { describeEnd, type Ended } from '../real/kura.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const CITIES = ['frankfurt', 'ishikari'] as const;
/** KiB a second: the file takes some ten seconds, so that there is a middle. */
const SLOW = ['--limit-download', '600'];
/** It takes minutes, so that whoever is killed is in the middle, however late the kill comes. */
const SLOWER = ['--limit-download', '20'];
const FILE_BYTES = 6_000_000;

describe('a restore over lines that fail', () => {
  let network: RunningNetwork;
  let source = '';
  const content = systemRandom.bytes(FILE_BYTES);

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): void => assert.equal(ended.code, 0, describeEnd(ended));
  const checkBack = (target: string): void => {
    const back = fs.readFileSync(`${at(target)}${source}/large`);
    assert.equal(Buffer.compare(back, content), 0);
  };
  /** Resolves when the store's reader has begun to give leaves, from now on. */
  const givesLeaves = async (city: string): Promise<void> => {
    const reader = network.process(`reader-${city}`);
    const earlier = new Set(reader.log);
    await reader.logged((line) => !earlier.has(line) && line.endpoint === 'readLeaves');
  };

  before(async () => {
    network = await startNetwork({
      stores: CITIES.map((city) => ({ city, kind: 'card-readable' })),
      hasFaultyLines: true,
    });
    await network.join('grace');
    source = at('source');
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/large`, content);
    done(await network.member('grace', 'backup', source));
  });
  after(() => network?.close());

  it('D6: a store that falls silent in mid-file is left for the other one', async () => {
    const argv = ['restore', 'latest', '--target', at('back'), '--from', 'Frankfurt', ...SLOW];
    const restore = network.memberStarts('grace', argv);
    await givesLeaves('frankfurt');
    must(network.lines.get('reader-frankfurt'), 'its line').become('silent');
    done(await restore.ended);
    checkBack('back');
    must(network.lines.get('reader-frankfurt'), 'its line').become('sound');
  });

  it('C9, C10: a restore that was killed in mid-file leaves nothing that the next one trips over', async () => {
    const argv = ['restore', 'latest', '--target', at('again'), ...SLOWER];
    const killed = network.memberStarts('grace', argv);
    await Promise.any(CITIES.map(givesLeaves));
    process.kill(-must(killed.child.pid, 'it was started'), 'SIGKILL');
    assert.equal((await killed.ended).signal, 'SIGKILL');
    done(await network.member('grace', 'restore', 'latest', '--target', at('again')));
    checkBack('again');
    assert.deepEqual(fs.readdirSync(at('again')), [source.split('/')[1]]);
  });
});

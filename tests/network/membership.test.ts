// Goal: what an operator decides about a member holds for real programs: contracts, suspension, and a certificate
// that is withdrawn opens nothing any more (A1, A7, C3, C4).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const REFUSED = 13;

describe('a member of a network on one machine', () => {
  let network: RunningNetwork;
  let member = '';
  let source = '';

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'osaka', kind: 'strict' },
        { city: 'frankfurt', kind: 'strict' },
      ],
    });
    await network.join('grace');
    const { out } = await network.operator('members', 'list', '--json');
    member = String(recordsOf(out)[0]?.member_id);
    source = `${network.folder}/source`;
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
  });
  after(() => network?.close());

  const backup = (): Promise<Ended> => network.member('grace', 'backup', source);
  const restore = (target: string): Promise<Ended> =>
    network.member('grace', 'restore', 'latest', '--target', `${network.folder}/${target}`);
  const done = (ended: Ended): void => assert.equal(ended.code, 0, describeEnd(ended));
  const refused = (ended: Ended, why: RegExp): void => {
    assert.equal(ended.code, REFUSED, describeEnd(ended));
    assert.match(ended.err, why);
  };

  /** Where anything of the member lies, in the order of the alphabet. */
  const citiesOf = async (): Promise<readonly string[]> => {
    const ended = await network.member('grace', 'copies', '--json');
    done(ended);
    const packs = recordsOf(ended.out);
    const cities = packs.flatMap(({ copies }) =>
      (copies as { city: string }[]).map(({ city }) => city),
    );
    return [...new Set(cities)].sort();
  };

  it('C4: a plan that holds one snapshot takes one; unpaid, restoring goes on', async () => {
    await network.operator('plans', 'set', 'single', '--levels', '0=2', '--archives', '1');
    await network.operator('contracts', 'set', member, '--plan', 'single');
    done(await backup());
    fs.appendFileSync(`${source}/letter`, 'and more\n');
    refused(await backup(), /the plan holds 1 snapshots/);
    await network.operator(
      ...['contracts', 'set', member, '--plan', 'single', '--paid-until', '2026-01-01'],
    );
    refused(await backup(), /unpaid since 2026-01-01/);
    done(await restore('unpaid'));
  });

  it('C4: who is suspended gets nothing, and goes on when it is over', async () => {
    await network.operator('members', 'suspend', member);
    refused(await restore('suspended'), /suspended/);
    await network.operator('members', 'resume', member);
    done(await restore('resumed'));
  });

  it('A1, A7: copies lie where the level allows it, and move when it does not any more', async () => {
    await network.addStore({ city: 'seoul', kind: 'strict' });
    const { out } = await network.operator('stores', 'list', '--json');
    const osaka = recordsOf(out).find(({ city }) => city === 'osaka');
    await network.operator('stores', 'admit', String(osaka?.store_id), '--level', '3');
    await network.operator('plans', 'set', 'silver', '--levels', '0=2');
    await network.operator('contracts', 'set', member, '--plan', 'silver');
    let cities = await citiesOf();
    while (cities.includes('osaka')) cities = await citiesOf();
    assert.deepEqual(cities, ['frankfurt', 'seoul']);
    fs.appendFileSync(`${source}/letter`, 'and the rest\n');
    done(await backup());
    assert.deepEqual(await citiesOf(), ['frankfurt', 'seoul']);
  });

  it('C3: a device whose certificate is withdrawn is refused', async () => {
    const { out } = await network.operator('certificates', 'list', '--json');
    const serial = String(recordsOf(out).find(({ role }) => role === 'device')?.serial);
    await network.operator('certificates', 'revoke', serial, '--why', 'stolen');
    let last = await restore('withdrawn-0');
    for (let count = 1; last.code === 0; count++) last = await restore(`withdrawn-${count}`);
    refused(last, /withdrawn/);
  });
});

// Goal: no program of an operator is the only one (A18, C9): with two coordinators and two gateways on one PostgreSQL,
// any of them is killed, and members notice nothing; the work in the background goes on elsewhere.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { newPostgresDatabase } from '@kura/coordinator/fixtures.ts';
import { Journey } from './journey.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const skip =
  process.env.KURA_TEST_POSTGRES === undefined ? 'needs PostgreSQL: npm run test:network' : false;

describe('two coordinators and two gateways on one PostgreSQL', { skip }, () => {
  let network: RunningNetwork;
  let journey: Journey;

  before(async () => {
    const databaseUrl = await newPostgresDatabase();
    assert.ok(databaseUrl !== undefined);
    network = await startNetwork({
      ...{ coordinators: 2, gateways: 2, databaseUrl },
      stores: [
        { city: 'osaka', kind: 'strict' },
        { city: 'frankfurt', kind: 'card-readable' },
        { city: 'stockholm', kind: 'strict' },
      ],
    });
    journey = await Journey.begin(network, 'grace');
    await journey.save();
  });
  after(() => network?.close());

  for (const victim of ['coordinator', 'coordinator-2', 'gateway-1', 'gateway-2']) {
    it(`C9: with ${victim} killed, a member saves and gets back`, async () => {
      await network.kill(victim);
      await journey.save();
      await journey.getBack();
      await network.run(victim);
    });
  }

  it('C9: the work of a coordinator that was killed is taken over', async () => {
    const worker = await workerOf('revocations');
    // Whichever of the two had it, it is gone; the lease is still its own.
    await network.kill('coordinator');
    await network.kill('coordinator-2');
    await network.run('coordinator-2');
    const store = network.process('store-frankfurt');
    const earlier = new Set(store.log);
    await network.operator('certificates', 'revoke', await newDevice(), '--why', 'a test');
    // A list is signed by whoever has that lease, and pushed to every store.
    await store.logged(
      (line) =>
        !earlier.has(line) && line.event === 'request' && line.endpoint === 'takeRevocations',
    );
    const now = await workerOf('revocations');
    assert.notEqual(now.holder, worker.holder);
    assert.equal(now.epoch, worker.epoch + 1);
    await network.run('coordinator');
  });

  it('A8, C9: both gateways share the moves, and one goes on when the other is killed', async () => {
    await network.kill('gateway-2');
    await network.run('gateway-2');
    while ((await carriers()).length < 2) await setImmediate();
    await network.kill('gateway-1');
    const { out } = await network.operator('stores', 'list', '--json');
    const osaka = recordsOf(out).find(({ city }) => city === 'osaka');
    await network.operator('stores', 'drain', String(osaka?.store_id), '--wait');
    await journey.check();
    await journey.getBack();
    await network.run('gateway-1');
  });

  /** Programs that hold parts of the moves. */
  async function carriers(): Promise<readonly string[]> {
    const rows = recordsOf((await network.operator('leases', '--json')).out);
    const parts = rows.filter(({ name }) => /^moves\/[0-9a-f]$/.test(String(name)));
    return [...new Set(parts.map(({ holder }) => String(holder)))];
  }

  /** Serial of the certificate of somebody who has just joined. */
  async function newDevice(): Promise<string> {
    const before = new Set(await serials());
    await network.join('henry');
    const [made] = (await serials()).filter((serial) => !before.has(serial));
    assert.ok(made !== undefined);
    return made;
  }

  async function serials(): Promise<readonly string[]> {
    const { out } = await network.operator('certificates', 'list', '--json');
    return recordsOf(out).map(({ serial }) => String(serial));
  }

  async function workerOf(name: string): Promise<{ holder: string; epoch: number }> {
    const { out } = await network.operator('leases', '--json');
    const row = recordsOf(out).find((lease) => lease.name === name);
    return { holder: String(row?.holder), epoch: Number(row?.epoch) };
  }
});

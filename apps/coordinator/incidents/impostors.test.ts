// Goal: what this network's own judges find out about a store counts against it, what a store says about us does
// not (A15).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, KuraError, must } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import { Impostors } from './impostors.ts';

async function scene() {
  const { database, coordinator, clock } = await foundTestNetwork();
  const { storeId } = must((await coordinator.describe()).stores[0], 'a store').identity;
  const impostors = new Impostors({
    transact: (work) => transact(database, work),
    nowMs: () => clock.now,
  });
  const failures = async () => {
    await impostors.flush();
    return (await database.kysely.selectFrom('store_failures').selectAll().execute()).length;
  };
  const stateOf = async () => {
    const { stores } = await coordinator.describe();
    return stores.find(({ identity }) => identity.storeId === storeId)?.state;
  };
  return { storeId, impostors, failures, clock, stateOf };
}

const refusing = (reason: string) => () => {
  throw new KuraError('refused', `refused: ${reason}`, { context: { reason } });
};

test('A15: a certificate of another role, and a proof with another key, count once an hour', async () => {
  const { storeId, impostors, failures, clock, stateOf } = await scene();
  assert.throws(() => impostors.judging(storeId, refusing('wrong role')), /refused: wrong role/);
  assert.throws(() => impostors.judging(storeId, refusing('wrong role')));
  assert.equal(await failures(), 1);
  clock.now += HOUR_MS;
  impostors.met(storeId, new KuraError('refused', 'no key', { context: { reason: 'signature' } }));
  assert.equal(await failures(), 2);
  assert.equal(await stateOf(), 'active');
  clock.now += HOUR_MS;
  assert.throws(() => impostors.judging(storeId, refusing('revoked')));
  assert.equal(await failures(), 3);
  assert.equal(await stateOf(), 'draining', 'nothing new goes there');
});

test('A15: a clock that is wrong, an answer that refuses us, and a store that is away count nothing', async () => {
  const { storeId, impostors, failures } = await scene();
  assert.throws(() => impostors.judging(storeId, refusing('expired')));
  assert.throws(() => impostors.judging(storeId, refusing('not yet valid')));
  impostors.met(
    storeId,
    new KuraError('refused', 'who are you', { context: { reason: 'revoked' } }),
  );
  impostors.met(storeId, new KuraError('unreachable', 'nobody there'));
  assert.equal(
    impostors.judging(storeId, () => 7),
    7,
  );
  assert.equal(await failures(), 0);
});

// Goal: a revocation reaches every store, whatever another store does (enrolment.md: together under a minute).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, must, type StoreId } from '@kura/base';
import { openRevocations } from '@kura/contract';
import { revokeSubject, signNewList } from '../authority/revocations.ts';
import { testStore } from '../fixtures.ts';
import { TestService } from '../test-service.ts';
import { type ListTaker, RevocationPush } from './push-revocations.ts';

class Taker implements ListTaker {
  readonly lists: Uint8Array[] = [];
  fails = false;
  /** Never answers until the test says so. */
  hangs: Promise<void> | undefined;
  #onList: () => void = () => undefined;

  nextList(): Promise<void> {
    return new Promise((resolve) => {
      this.#onList = resolve;
    });
  }

  async takeRevocations(signed: Uint8Array): Promise<void> {
    await this.hangs;
    if (this.fails) throw new KuraError('unreachable', 'the store is away');
    this.lists.push(signed);
    this.#onList();
  }
}

async function scene(test: Parameters<typeof TestService.found>[0]) {
  const service = await TestService.found(test);
  const { keys, network } = service.service;
  const ids = [1, 2].map((number) => testStore(number).identity.storeId);
  const [osaka, berlin] = [must(ids[0], 'osaka'), must(ids[1], 'berlin')];
  const takers = new Map([osaka, berlin].map((id) => [id, new Taker()]));
  const reachable = new Set<StoreId>(takers.keys());
  const { promise: failed, resolve: onFailure } = Promise.withResolvers<void>();
  const push = new RevocationPush({
    rows: () => service.rows,
    stores: { reachable: () => reachable, remote: (id) => takers.get(id) },
    onFailure: () => onFailure(),
  });
  const revoke = async (role: 'gateway' | 'operator') => {
    await service.identity(role);
    const id = role === 'operator' ? 'ada' : '9a'.repeat(16);
    const nowMs = service.clock.now;
    await network.database.transact(async (rows) => {
      const subject = `kura://${service.service.networkId}/${role}/${id}`;
      await revokeSubject(rows, subject, { why: 'a test', nowMs });
      await signNewList(rows, { seed: keys.coordinatorSeed, nowMs });
    });
  };
  const taker = (id: StoreId) => must(takers.get(id), 'a taker');
  const numbers = (id: StoreId) =>
    taker(id).lists.map(
      (list) =>
        openRevocations(list, { coordinatorKey: keys.coordinatorKey, heldNumber: 0 }).number,
    );
  return { push, revoke, reachable, failed, taker, numbers, osaka, berlin };
}

test('every store gets each list once, and nothing before there is one', async (context) => {
  const { push, revoke, numbers, osaka, berlin } = await scene(context);
  await push.round();
  await push.settled();
  assert.deepEqual(numbers(osaka), []);
  for (const role of ['gateway', 'operator'] as const) {
    await revoke(role);
    await push.round();
    await push.settled();
    await push.round();
    await push.settled();
  }
  assert.deepEqual(
    [numbers(osaka), numbers(berlin)],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('a store that hangs holds up no other, one that fails gets it in the next round', async (context) => {
  const { push, revoke, failed, taker, numbers, osaka, berlin } = await scene(context);
  const { promise, resolve } = Promise.withResolvers<void>();
  taker(osaka).hangs = promise;
  taker(berlin).fails = true;
  await revoke('gateway');
  await push.round();
  await push.round();
  await failed;
  taker(berlin).fails = false;
  const taken = taker(berlin).nextList();
  await push.round();
  await taken;
  assert.deepEqual([numbers(osaka), numbers(berlin)], [[], [1]]);
  await revoke('operator');
  resolve();
  await push.settled();
  await push.round();
  await push.settled();
  assert.deepEqual(
    [numbers(osaka), numbers(berlin)],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('a store that comes back gets the list again', async (context) => {
  const { push, revoke, reachable, numbers, osaka, berlin } = await scene(context);
  reachable.delete(osaka);
  await revoke('gateway');
  await push.round();
  await push.settled();
  assert.deepEqual([numbers(osaka), numbers(berlin)], [[], [1]]);
  reachable.add(osaka);
  push.forget(berlin);
  await push.round();
  await push.settled();
  assert.deepEqual([numbers(osaka), numbers(berlin)], [[1], [1, 1]]);
});

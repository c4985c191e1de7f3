// Goal: how a network has its log cosigned, with real witnesses on loopback: rounds that many commits share, answers
// that were lost, witnesses that are away, policies that change, and tables that are older than what the world has
// seen.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { systemAlarmClock } from '@kura/base';
import { appendLogEntry } from '@kura/coordinator/custody/log-entries.ts';
import { logSigner } from '@kura/coordinator/custody/log-key.ts';
import { foundTestNetwork, NETWORK_SECRET, type TestNetwork } from '@kura/coordinator/fixtures.ts';
import { Cosigner } from '@kura/coordinator/log/cosigner.ts';
import { lookAtWitnesses } from '@kura/coordinator/log/look.ts';
import { proveEntry, readHeads } from '@kura/coordinator/log/prove-entry.ts';
import { removeWitness, setQuorum } from '@kura/coordinator/log/witnesses.ts';
import { transact } from '@kura/database';
import { openCheckpoint } from '@kura/log';
import { LivingWitness } from './living-witness.ts';

async function begin(test: TestContext, names: readonly string[]) {
  const network = await foundTestNetwork();
  const witnesses = names.map((name) => new LivingWitness(name));
  for (const witness of witnesses) await witness.start(network);
  const troubles: string[] = [];
  const failures: string[] = [];
  const newCosigner = (): Cosigner => {
    const cosigner = new Cosigner({
      ...{ database: network.database, log: network.coordinator.charter.log },
      clock: systemAlarmClock,
      onTrouble: (name, trouble) => troubles.push(`${name}: ${trouble ?? 'good'}`),
      onFailure: (why) => failures.push(why),
    });
    test.after(() => cosigner.close());
    return cosigner;
  };
  test.after(() => {
    for (const witness of witnesses) witness.close();
    network.database.close();
    assert.deepEqual(failures, []);
  });
  return { network, witnesses, troubles, cosigner: newCosigner(), newCosigner };
}

async function grow(network: TestNetwork, count = 1): Promise<void> {
  const signer = logSigner(NETWORK_SECRET, network.coordinator.charter.log.origin);
  await transact(network.database, async (rows) => {
    for (let added = 0; added < count; added++) {
      await appendLogEntry(rows, network.random.bytes(32), signer);
    }
  });
}

function look({ database, coordinator }: TestNetwork) {
  return database.read((rows) => lookAtWitnesses(rows, coordinator.charter.log));
}

it('a hundred commits at once cost each witness one question', async (test) => {
  const { network, witnesses, cosigner } = await begin(test, ['w1', 'w2']);
  await grow(network, 3);
  await Promise.all(Array.from({ length: 100 }, () => cosigner.soon()));
  const { witnessedSize, quorum } = await look(network);
  assert.deepEqual([witnessedSize, quorum], [3, 2]);
  for (const { judged } of witnesses) assert.deepEqual(judged, ['consistent']);
});

it('a head is witnessed when enough have cosigned it, however late the others are', async (test) => {
  const { network, witnesses, troubles, cosigner } = await begin(test, ['w1', 'w2', 'w3']);
  await transact(network.database, (rows) => setQuorum(rows, 2));
  await grow(network);
  witnesses[2]?.close();
  await cosigner.soon();
  const { witnessedSize, witnesses: shown } = await look(network);
  assert.equal(witnessedSize, 1);
  assert.deepEqual(
    shown.map(({ trouble }) => trouble),
    [undefined, undefined, 'unreachable'],
  );
  assert.deepEqual(troubles, ['w3: unreachable']);
  await grow(network);
  await cosigner.soon();
  assert.equal((await look(network)).witnessedSize, 2, 'nobody waits for it again');
});

it('a head that too few have cosigned is not witnessed, and what it holds is proved as such', async (test) => {
  const { network, witnesses, cosigner } = await begin(test, ['w1', 'w2']);
  await grow(network, 2);
  await cosigner.soon();
  witnesses[1]?.close();
  await grow(network, 2);
  await cosigner.soon();
  assert.equal((await look(network)).witnessedSize, 2);
  const { database, coordinator } = network;
  const proofOf = (leaf: number) =>
    database.read(async (rows) => proveEntry(rows, leaf, await readHeads(rows)));
  const sizeOf = (checkpoint: string): number =>
    openCheckpoint(checkpoint, coordinator.charter.log).size;
  const [seen, unseen] = [await proofOf(1), await proofOf(3)];
  assert.deepEqual([seen.witnessed, sizeOf(seen.checkpoint)], [true, 2]);
  assert.deepEqual([unseen.witnessed, sizeOf(unseen.checkpoint)], [false, 4]);
  await assert.rejects(proofOf(4), { code: 'not_found' });
});

it('an answer that was lost, or another process that was faster, is found by asking once more', async (test) => {
  const { network, witnesses, troubles, cosigner, newCosigner } = await begin(test, ['w1']);
  await grow(network, 2);
  await cosigner.soon();
  await transact(network.database, (rows) =>
    rows.updateTable('witnesses').set({ cosigned_size: 0 }).execute(),
  );
  await grow(network, 2);
  await newCosigner().soon();
  assert.equal((await look(network)).witnessedSize, 4);
  assert.deepEqual(witnesses[0]?.judged, ['consistent', 'elsewhere', 'consistent']);
  assert.deepEqual(troubles, []);
});

it('tables that are older than what a witness has seen are named, and nothing of them is witnessed', async (test) => {
  const { network, troubles, cosigner, newCosigner } = await begin(test, ['w1']);
  await grow(network, 5);
  await cosigner.soon();
  // As they were before all of it, and with less in them since.
  await transact(network.database, async (rows) => {
    for (const table of ['log_entries', 'log_frontier', 'log_witnessed'] as const) {
      await rows.deleteFrom(table).execute();
    }
    await rows.updateTable('witnesses').set({ cosigned_size: 0 }).execute();
  });
  await grow(network, 2);
  await newCosigner().soon();
  assert.equal((await look(network)).witnessedSize, 0);
  assert.deepEqual(troubles, ['w1: rolled back']);
  await grow(network, 5);
  await newCosigner().soon();
  assert.deepEqual(troubles, ['w1: rolled back', 'w1: forked']);
  assert.equal((await look(network)).witnessedSize, 0);
});

it('what was witnessed under one policy is judged anew under the next', async (test) => {
  const { network, witnesses, cosigner } = await begin(test, ['w1']);
  await grow(network);
  await cosigner.soon();
  assert.equal((await look(network)).witnessedSize, 1);
  const second = new LivingWitness('w2');
  test.after(() => second.close());
  await second.start(network);
  assert.equal((await look(network)).witnessedSize, 0, 'two have to cosign now');
  await cosigner.soon();
  assert.equal((await look(network)).witnessedSize, 1);
  assert.deepEqual(witnesses[0]?.judged, ['consistent', 'consistent'], 'asked for its line again');
  await assert.rejects(
    transact(network.database, async (rows) => {
      await setQuorum(rows, 2);
      await removeWitness(rows, 'w2');
    }),
    { code: 'usage' },
  );
  await transact(network.database, (rows) => removeWitness(rows, 'w2'));
  assert.equal((await look(network)).witnessedSize, 1, 'the other line still counts');
});

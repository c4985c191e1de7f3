// Goal (R17, R18): a coordinator dies at any of its statements while it commits and has its log cosigned. A receipt
// that was given always verifies afterwards; what was signed and undone was seen by no witness; the log goes on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemAlarmClock } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { openCoordinator } from '@kura/coordinator';
import { appendLogEntry } from '@kura/coordinator/custody/log-entries.ts';
import { logSigner } from '@kura/coordinator/custody/log-key.ts';
import type { CoordinatorDatabase } from '@kura/coordinator/db/tables.ts';
import { foundTestNetwork, NETWORK_SECRET, type TestNetwork } from '@kura/coordinator/fixtures.ts';
import { Cosigner } from '@kura/coordinator/log/cosigner.ts';
import { transact } from '@kura/database';
import { ReceiptVerifier } from '@kura/log';
import { CrashSignal } from '@kura/testing';
import { LivingWitness } from './living-witness.ts';

/** A tile is folded soon after the first commit. */
const FIRST_LEAVES = 254;

type Plugin = Parameters<CoordinatorDatabase['kysely']['withPlugin']>[0];

/** Tables of a process that dies before its n-th statement, or at the end of a transaction. */
class MortalTables {
  statements = 0;
  readonly #diesAt: number;

  constructor(diesAt: number) {
    this.#diesAt = diesAt;
  }

  get isDead(): boolean {
    return this.statements >= this.#diesAt;
  }

  of(tables: CoordinatorDatabase): CoordinatorDatabase {
    const run = <Result>(kind: 'transact' | 'read') =>
      (async (work) => {
        this.#step();
        const result = await tables[kind](async (rows) => {
          const inner = await work(rows.withPlugin(this.#plugin));
          this.#step(); // before COMMIT: undone
          return inner;
        });
        this.#step(); // after it: it counts, and nobody was told
        return result;
      }) as typeof tables.transact<Result>;
    return {
      path: tables.path,
      capabilities: tables.capabilities,
      kysely: tables.kysely.withPlugin(this.#plugin),
      transact: (work) => run('transact')(work) as never,
      read: (work) => run('read')(work) as never,
      checkIntegrity: () => tables.checkIntegrity(),
      close: () => undefined,
    };
  }

  readonly #plugin: Plugin = {
    transformQuery: ({ node }) => {
      this.#step();
      return node;
    },
    transformResult: async ({ result }) => result,
  };

  #step(): void {
    if (this.isDead) throw new CrashSignal();
    this.statements++;
    if (this.isDead) throw new CrashSignal();
  }
}

describe('a coordinator that dies at any statement', () => {
  let network: TestNetwork;
  const witness = new LivingWitness();
  const given: CustodyReceipt[] = [];

  before(async () => {
    network = await foundTestNetwork();
    const { origin } = network.coordinator.charter.log;
    const signer = logSigner(NETWORK_SECRET, origin);
    await transact(network.database, async (rows) => {
      for (let leaf = 0; leaf < FIRST_LEAVES; leaf++) {
        await appendLogEntry(rows, network.random.bytes(32), signer);
      }
    });
    await witness.start(network);
  });
  after(() => {
    witness.close();
    network.database.close();
  });

  /** A new process over the tables saves once. Undefined if it died before it could answer. */
  async function save(database: CoordinatorDatabase): Promise<CustodyReceipt | undefined> {
    const { clock, random, processes } = network;
    const options = { database, clock, random, processes, networkSecret: NETWORK_SECRET };
    let cosigner: Cosigner | undefined;
    try {
      const coordinator = await openCoordinator(options);
      const { log } = coordinator.charter;
      cosigner = new Cosigner({
        ...{ database, log, clock: systemAlarmClock },
        onTrouble: () => undefined,
        onFailure: () => undefined,
      });
      coordinator.entire.cosignWith(cosigner);
      const session = await coordinator.beginSession('backup');
      const pack = network.newPack();
      await coordinator.recordPacks(session, [pack]);
      const head = network.head([pack.packId]);
      return await coordinator.commitSnapshot(session, head, [pack.packId]);
    } catch (error) {
      if (error instanceof CrashSignal) return undefined;
      throw error;
    } finally {
      cosigner?.close();
    }
  }

  /** Offline, by the policy of a member. */
  async function verifyAll(where: string): Promise<void> {
    const verifier = new ReceiptVerifier(await network.coordinator.entire.witnessPolicy());
    for (const receipt of given) {
      const { isWitnessed } = verifier.open(receipt);
      assert.equal(isWitnessed, receipt.witnessed, where);
    }
  }

  it('R18: keeps every receipt that it has given, and shows witnesses one log', async () => {
    let at = 1;
    for (let hasDied = true; hasDied; at++) {
      const mortal = new MortalTables(at);
      const receipt = await save(mortal.of(network.database));
      hasDied = mortal.isDead;
      if (receipt !== undefined) given.push(receipt);
      const where = `died at step ${at}`;
      await verifyAll(where);
      const next = await save(network.database);
      assert.equal(next?.witnessed, true, `${where}: the next receipt is witnessed`);
      if (next !== undefined) given.push(next);
      await verifyAll(where);
    }
    assert.ok(at > 20, `${at} steps`);
    assert.deepEqual(
      witness.judged.filter((kind) => kind === 'forked' || kind === 'inconsistent'),
      [],
    );
    const { size } = await network.coordinator.log();
    assert.ok(size > 256, `${size} leaves: a tile was folded on the way`);
    const leaves = new Set(given.map(({ leafIndex }) => leafIndex));
    assert.equal(leaves.size, given.length, 'no leaf was given twice');
  });
});

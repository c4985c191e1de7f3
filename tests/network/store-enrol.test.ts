// Goal: a store joins a network with an invitation: it founds a shelf, proves that it is its store, takes what the
// network issues, and serves from then on. With a real coordinator that is a gateway as well, on SQLite.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { describe, test } from 'node:test';
import {
  systemAlarmClock as clock,
  KuraError,
  must,
  systemRandom as random,
  SMALL_SHAPE,
} from '@kura/base';
import { formatInvitation, parseInvitation } from '@kura/certificates';
import { makeToken } from '@kura/coordinator/authority/tokens.ts';
import { coordinatorProgram } from '@kura/coordinator/serve/coordinator.ts';
import { foundCoordinator } from '@kura/coordinator/serve/coordinator-state.ts';
import { openServiceTables } from '@kura/coordinator/serve/open-tables.ts';
import { readStores } from '@kura/coordinator/stores/stores.ts';
import { type CoordinatorConfig, Metrics, type StoreConfig } from '@kura/daemon';
import { transact } from '@kura/database';
import { loadNative, nodeDisk } from '@kura/native';
import { readShelf } from '@kura/store';
import { enrolStore } from '@kura/store/daemon/enrol.ts';
import { StoreProgram } from '@kura/store/daemon/store.ts';

const FREE = { address: '127.0.0.1:0', public: undefined };
const TOKYO = { city: 'tokyo', lat: 35.68, lon: 139.69, powerArea: 'JP-50' };
const limits = { receiveMibS: 0, sendMibS: 0, scrubMibS: 0 };
const health = { address: FREE.address };
const heard: string[] = [];
const log = { event: (_level: string, name: string): void => void heard.push(name) };
const surroundings = {
  ...{ clock, random, log },
  disk: nodeDisk,
  native: loadNative(),
  metrics: new Metrics(),
};

/** A founded network whose coordinator runs, in a folder of its own. */
class Service {
  readonly folder = fs.mkdtempSync(`${os.tmpdir()}/kura-store-enrol-`);
  readonly #config: CoordinatorConfig = {
    role: 'coordinator',
    state: `${this.folder}/coordinator`,
    listen: FREE,
    database: { url: `${this.folder}/network.db` },
    authority: undefined,
    limits,
    gateway: { enabled: true, receiveBufferMib: 32, spoolGib: 0, auditDayS: 86_400 },
    incidents: { rogueAfter: 3, impostorsAfter: 10 },
    mail: undefined,
    webhook: undefined,
    memberWebhooks: undefined,
    validity: undefined,
    hazards: undefined,
    health,
  };
  readonly #program = coordinatorProgram(this.#config, surroundings);
  #rootHash: Uint8Array = new Uint8Array();

  async start(): Promise<void> {
    const founding = { shape: SMALL_SHAPE, copies: 1, removalDelayMs: 0, operator: 'ada' };
    // Which port it gets is known only when it runs: this invitation is read for its fingerprint.
    const config = { ...this.#config, listen: { ...FREE, public: '127.0.0.1:7443' } };
    const invitation = await foundCoordinator(config, founding, surroundings);
    this.#rootHash = parseInvitation(invitation).rootHash;
    await this.#program.start();
  }

  async invite(change: { rootHash?: Uint8Array } = {}): Promise<string> {
    const database = await openServiceTables(this.#config.database.url);
    const nowMs = clock.nowMs();
    const order = { purpose: 'store', details: {}, madeBy: 'ada', nowMs, random } as const;
    const token = await transact(database, (rows) => makeToken(rows, order));
    database.close();
    const address = must(this.#program.address, 'it listens');
    return formatInvitation({ address, rootHash: this.#rootHash, token, ...change });
  }

  async stores() {
    const database = await openServiceTables(this.#config.database.url);
    try {
      return await readStores(database.kysely);
    } finally {
      database.close();
    }
  }

  storeConfig(name: string): StoreConfig {
    return {
      role: 'store',
      state: `${this.folder}/${name}/state`,
      listen: undefined,
      shelf: {
        kind: 'folder',
        path: `${this.folder}/${name}/shelf`,
        bucket: undefined,
        endpoint: undefined,
        region: 'us-east-1',
        accessKeyFile: undefined,
        secretKeyFile: undefined,
      },
      store: {
        ...{ kind: 'strict', place: 'tokyo', lineMbit: 100, capacityGib: 1, rank: 1 },
        ...{ operator: 'test', reader: undefined },
      },
      power: undefined,
      limits,
      health,
    };
  }

  async close(): Promise<void> {
    await this.#program.stop(0);
    fs.rmSync(this.folder, { recursive: true });
  }
}

async function withService(work: (service: Service) => Promise<void>): Promise<void> {
  const service = new Service();
  try {
    await service.start();
    await work(service);
  } finally {
    await service.close();
  }
}

const codeIs =
  (code: KuraError['code']) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

describe('a store that joins', () => {
  test('founds its shelf, becomes a candidate, and is heard', () =>
    withService(async (service) => {
      const config = service.storeConfig('a');
      const invitation = await service.invite();
      const record = await enrolStore(config, { invitation, place: TOKYO }, surroundings);
      const { storeId } = record.identity;
      assert.deepEqual(readShelf(nodeDisk, config.shelf.path).identity, record.identity);
      assert.equal(record.owners.size, 0);
      const enrolled = must((await service.stores()).get(storeId), 'its row');
      assert.equal(enrolled.state, 'candidate');
      assert.deepEqual(enrolled.identity, record.identity);

      const program = new StoreProgram(config, surroundings);
      await program.start();
      assert.deepEqual(program.ready(), []);
      assert.equal(program.address, undefined);
      assert.ok(heard.includes('the coordinator answers'));
      await program.stop(0);
    }));

  test('an invitation opens the door once; a new one of the same network enrols the same store again', () =>
    withService(async (service) => {
      const invitation = await service.invite();
      const enrol = (name: string, given = invitation) =>
        enrolStore(service.storeConfig(name), { invitation: given, place: TOKYO }, surroundings);
      const first = await enrol('a');
      await assert.rejects(enrol('b'), codeIs('refused'));
      const tls = () => fs.readFileSync(`${service.storeConfig('a').state}/tls.json`, 'utf8');
      const before = tls();
      const again = await enrol('a', await service.invite());
      assert.equal(again.identity.storeId, first.identity.storeId);
      assert.notEqual(tls(), before, 'it has a new certificate');
      const foreign = await service.invite({ rootHash: random.bytes(32) });
      await assert.rejects(enrol('a', foreign), codeIs('already_exists'));
      // What the first try left does not stand in the way of a good invitation.
      await enrol('b', await service.invite());
      assert.equal((await service.stores()).size, 2);
    }));

  test('an invitation to another network founds nothing', () =>
    withService(async (service) => {
      const invitation = await service.invite({ rootHash: random.bytes(32) });
      const config = service.storeConfig('a');
      const enrolled = enrolStore(config, { invitation, place: TOKYO }, surroundings);
      await assert.rejects(enrolled, codeIs('refused'));
      assert.equal(fs.existsSync(config.shelf.path), false);
      assert.equal((await service.stores()).size, 0);
    }));

  test('a store that did not enrol says what to do', () =>
    withService(async (service) => {
      const program = new StoreProgram(service.storeConfig('a'), surroundings);
      await assert.rejects(program.start(), (error: unknown) => {
        assert.ok(error instanceof KuraError && error.code === 'no_network');
        return error.guidance?.includes('--enrol') === true;
      });
    }));
});

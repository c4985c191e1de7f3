// Goal: a store that is not who it should be, in the middle of a write: the member's device is called back, and only
// after it has proved itself another store gets the pack; one that cannot ends it (A15).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  systemAlarmClock as clock,
  KuraError,
  must,
  packId,
  systemRandom as random,
  SMALL_SHAPE,
  type StoreId,
  toHex,
} from '@kura/base';
import type { PackRecord } from '@kura/contract';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { SmallService, type TestDevice } from './small-service.ts';

const shape = SMALL_SHAPE;
const LEAVES = shape.packLeaves[0];

describe('a rogue in the middle of a write', () => {
  let service: SmallService;
  let device: TestDevice;
  let agent: ReturnType<SmallService['agent']>;

  before(async () => {
    service = await SmallService.start(['osaka', 'frankfurt', 'seoul']);
    device = await service.join();
    agent = service.agent(device);
  });
  after(() => service.close());

  /** The directory knows another key than the one that answers there; nobody has met it as a rogue before. */
  async function makeRogue(storeId: StoreId): Promise<() => Promise<void>> {
    const { tables } = service;
    const write = (publicKey: Uint8Array): Promise<void> =>
      tables.transact(async (rows) => {
        const row = { public_key: publicKey };
        await rows.updateTable('stores').set(row).where('store_id', '=', storeId).execute();
        await rows.deleteFrom('store_scores').execute();
        await rows
          .updateTable('network')
          .set((all) => ({ stores_tick: all('stores_tick', '+', 1) }))
          .execute();
      });
    const known = await tables.kysely
      .selectFrom('stores')
      .select('public_key')
      .where('store_id', '=', storeId)
      .executeTakeFirstOrThrow();
    await write(random.bytes(32));
    return () => write(known.public_key);
  }

  const first = (): StoreId => must(service.stores[0], 'a store').storeId;
  const newPack = () => ({
    id: packId(toHex(random.bytes(32))),
    sealed: random.bytes(LEAVES * shape.leafBytes),
  });
  const stateOf = async (id: string) =>
    (await agent.gateway.call(GATEWAY_ENDPOINTS.describeUpload, { params: { pack: packId(id) } }))
      .state;

  async function send(pack: ReturnType<typeof newPack>, deviceSeed: Uint8Array) {
    const session = await agent.tables.beginSession('backup');
    const meet = async (): Promise<void> => undefined;
    const sink = new RemotePackSink({
      ...{ client: agent.gateway, shape, session, meet, deviceSeed, clock },
    });
    try {
      const upload = await sink.open(pack.id, LEAVES);
      await upload.write(pack.sealed);
      return await upload.finish();
    } finally {
      await agent.tables.endSession(session);
    }
  }
  const holders = ({ copies }: PackRecord): readonly StoreId[] =>
    copies.map(({ acknowledgement }) => acknowledgement.storeId);

  it('A15: the device proves itself, the rogue gets nothing, and the pack lies at the others', async () => {
    const makeGood = await makeRogue(first());
    const record = await send(newPack(), device.deviceSeed);
    assert.equal(holders(record).length, 2);
    assert.ok(!holders(record).includes(first()));
    const score = await service.tables.kysely
      .selectFrom('store_scores')
      .select('failures')
      .where('store_id', '=', first())
      .executeTakeFirst();
    assert.ok((score?.failures ?? 0) > 0, 'it is ranked down');
    await makeGood();
  });

  it('A15: who cannot prove that it is the device gets nowhere, and nothing is stored', async () => {
    const makeGood = await makeRogue(first());
    const pack = newPack();
    await assert.rejects(send(pack, random.bytes(32)), (error: unknown) => {
      return error instanceof KuraError && error.context.reason === 'signature';
    });
    assert.equal(await stateOf(pack.id), 'challenged');
    await assert.rejects(
      agent.gateway.call(GATEWAY_ENDPOINTS.provePresence, {
        params: { pack: newPack().id },
        body: { signature: random.bytes(64) },
        tries: 1,
      }),
      (error: unknown) => error instanceof KuraError && error.code === 'not_found',
    );
    // The device itself may still answer: its own word ends the wait.
    assert.equal(holders(await send(pack, device.deviceSeed)).length, 2);
    await makeGood();
  });
});

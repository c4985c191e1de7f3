// Goal: an agent saves and restores over a wire as it does in one process: the same commands, the ports that this
// folder implements behind them, real TLS on loopback, two stores with readers and one without.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AlarmClock,
  type ByteString,
  equalBytes,
  KuraError,
  must,
  type SnapshotId,
  systemAlarmClock,
  systemRandom,
} from '@kura/base';
import { type CopyRow, MAX_TICKET_MS } from '@kura/contract';
import { savingKeys } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import type { LineFactory } from '../backup/line/line-factory.ts';
import { PackLine } from '../backup/line/pack-line.ts';
import type { OwnContext } from '../context.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { native, TestNetwork } from '../test-network.ts';
import { openService, type Service } from './access.ts';
import { describeNetwork, fetchCopyKeys } from './describe-network.ts';
import { openStoreReaders } from './open-readers.ts';
import { RemoteCoordinator } from './remote-coordinator.ts';
import { RemotePackSink } from './remote-pack-sink.ts';
import { TestService } from './test-service.ts';

const clock = systemAlarmClock;
const random = systemRandom;
/** Nobody waits in a test: what is to happen later happens now. */
const hasty: AlarmClock = { ...clock, after: (_, action) => clock.after(0, action) };

interface Joined extends OwnContext {
  readonly lines: LineFactory;
  readonly service: Service;
}

async function join(network: TestNetwork, test: TestService): Promise<Joined> {
  const access = test.access();
  const service = openService(access, { clock, random });
  const described = await describeNetwork(service.coordinator);
  const { copyKeys } = await fetchCopyKeys(service.coordinator, test.letterKeys);
  const local = await network.context();
  const { stores } = openStoreReaders({ described, access, service, clock, random });
  const { shape } = described.network;
  const identities = new Map(
    described.network.stores.map(({ identity }) => [identity.storeId, identity] as const),
  );
  return {
    ...local,
    ...{ network: described.network, copyKeys, stores, shape, service },
    coordinator: new RemoteCoordinator({
      ...{ client: service.coordinator, level: access.level, random },
      owner: { memberId: described.network.memberId, ownerSeed: local.keys.ownerSeed },
    }),
    lines: {
      open: async ({ session, table, markedPacks, rescue, onFinished }) => {
        const marked = new Set(markedPacks);
        const sink = new RemotePackSink({
          ...{ client: service.gateway, shape, session, clock: hasty },
          deviceSeed: local.device.seed,
          meet: async () => undefined,
        });
        const line = new PackLine({
          ...{ shape, native, random, table, rescue, onFinished, sink },
          checkingNative: loadNative('twin'),
          keys: savingKeys(local.keys),
          copies: { identities, copyKeys },
          tee: { begin: () => undefined, write: () => undefined, end: () => undefined },
          isMarked: (packNumber) => marked.has(packNumber),
          breathe: async () => undefined,
        });
        return [line];
      },
      close: async () => undefined,
    },
  };
}

const FILES = { 'a.bin': 60_000, 'b/c.bin': 9_000, 'b/empty': 0 } as const;

describe('an agent of a service', () => {
  let network: TestNetwork;
  let test: TestService;
  let joined: Joined;
  let content: Record<string, Uint8Array>;

  before(async () => {
    network = await TestNetwork.found({ cities: ['osaka', 'frankfurt', 'seoul'] });
    test = await TestService.start(network);
    joined = await join(network, test);
    content = Object.fromEntries(
      Object.entries(FILES).map(([name, size]) => [name, random.bytes(size)]),
    );
  });
  after(async () => {
    joined.service.close();
    await test.close();
    network.close();
  });

  it('A4: is told which store is in danger, and why', async () => {
    const { coordinator } = network;
    const describe = coordinator.describe.bind(coordinator);
    coordinator.describe = async () => {
      const plain = await describe();
      const [first, ...others] = plain.stores;
      const feared = { ...must(first, 'a store'), riskNow: 0.25, danger: 'flood at osaka' };
      return { ...plain, stores: [feared, ...others] };
    };
    const { stores } = (await describeNetwork(joined.service.coordinator)).network;
    coordinator.describe = describe;
    assert.deepEqual(
      stores.map(({ riskNow, danger }) => [riskNow, danger]),
      [
        [0.25, 'flood at osaka'],
        [undefined, undefined],
        [undefined, undefined],
      ],
    );
  });

  it('B7, A18: saves, with a receipt, and reads back what it saved', async () => {
    const snapshot = await network.save(content, {}, joined);
    const receipt = await joined.coordinator.receipt(snapshot);
    assert.ok(receipt !== undefined);
    await assertSaved(joined, snapshot);
  });

  it('asks for rows in pages, and only for what it does not know', async () => {
    const rows = await network.rows();
    assert.ok(rows.length > 2);
    const { coordinator } = joined;
    const first = await coordinator.packs(undefined, 2);
    const second = await coordinator.packs(first.at(-1)?.packId, rows.length);
    assert.deepEqual([...first, ...second], rows);
    const asked = count('changedPacks');
    await coordinator.packs(undefined, 10);
    assert.equal(count('changedPacks'), asked + 1);
  });

  it('A18: sends a pack again that was damaged on the way or is under way elsewhere', async () => {
    const busy = new KuraError('busy', 'another one sends it', { context: { retryMs: 1 } });
    const damaged = new KuraError('corrupt', 'the body differs from its digest');
    test.answers.push(busy, damaged, damaged);
    await assertSaved(joined, await network.save(changed(), {}, joined));
    assert.equal(test.answers.length, 0);
  });

  it('ends a backup with what the gateway says if sending again cannot help', async () => {
    const why = new KuraError('refused', 'the contract has ended', {
      context: { reason: 'unpaid' },
    });
    test.answers.push(why);
    await assert.rejects(network.save(changed(), {}, joined), (error: unknown) => {
      return (
        error instanceof KuraError && error.code === 'refused' && error.context.reason === 'unpaid'
      );
    });
    test.answers.length = 0;
  });

  it('A15: turns to another store when a reader gives other bytes', async () => {
    const snapshot = await network.save(changed(), {}, joined);
    let lies = 0;
    test.falsify = (store, leaves) => {
      if (store !== network.store('frankfurt')) return;
      lies++;
      leaves[leaves.length - 1] = (leaves.at(-1) ?? 0) ^ 1;
    };
    await assertSaved(joined, snapshot);
    test.falsify = () => undefined;
    assert.ok(lies > 0);
  });

  it('asks for a new ticket when a reader says that the old one has ended', async () => {
    const snapshot = await network.save(changed(), {}, joined);
    const fresh = await join(network, test);
    test.ticketAgeMs = 2 * MAX_TICKET_MS;
    const asked = count('tickets');
    const copy = must((await network.rows()).flatMap((row) => row.copies).find(isRead), 'a copy');
    const store = must(fresh.stores.get(copy.storeId), 'its store');
    await assert.rejects(store.stat(copy.copyId), (error: unknown) => {
      return error instanceof KuraError && error.code === 'refused';
    });
    assert.equal(count('tickets'), asked + 2);
    test.ticketAgeMs = 0;
    assert.deepEqual((await store.stat(copy.copyId)).root, copy.root);
    await assertSaved(fresh, snapshot);
    fresh.service.close();
  });

  it('shows no ticket to a reader whose key its store has not signed for', async () => {
    const [honest, other] = [network.store('frankfurt'), network.store('osaka')];
    const described = await describeNetwork(joined.service.coordinator);
    const place = must(described.places.get(other.identity.storeId), 'a place');
    const places = new Map([...described.places, [honest.identity.storeId, place] as const]);
    const access = test.access();
    const { stores } = openStoreReaders({
      ...{ described: { ...described, places }, access, service: joined.service, clock, random },
    });
    const copy = must((await network.rows()).flatMap((row) => row.copies).find(isRead), 'a copy');
    const before = count('readTable');
    await assert.rejects(
      must(stores.get(copy.storeId), 'a reader').stat(copy.copyId),
      (error: unknown) => error instanceof KuraError && error.code === 'refused',
    );
    assert.equal(count('readTable'), before);
  });

  const count = (call: string): number => test.calls.get(call) ?? 0;
  const isRead = ({ storeId }: CopyRow): boolean => network.cityOf(storeId) === 'frankfurt';

  /** Other files than before, so that packs have to be sent. */
  function changed(): Record<string, Uint8Array> {
    content = { ...content, 'a.bin': random.bytes(40_000) };
    return content;
  }

  async function assertSaved(context: OwnContext, snapshot: SnapshotId): Promise<void> {
    const reading = await openReading(context, { purpose: 'read' });
    try {
      for (const [name, bytes] of Object.entries(content)) {
        const found = await contentAt(reading, snapshot, network.pathOf(name));
        assert.ok(equalBytes(found, bytes), name);
      }
    } finally {
      reading.close();
    }
  }
});

async function contentAt(reading: Reading, id: SnapshotId, path: ByteString): Promise<Uint8Array> {
  const stored = must(await reading.snapshots.find(id), 'the snapshot');
  const entry = must(
    await reading.trees.find({ content: [stored.snapshot.root], isList: false }, path),
    'the file',
  );
  const pieces: Uint8Array[] = [];
  for (const piece of await reading.trees.fileContent(entry)) {
    pieces.push((await reading.chunks.read(piece, 'data')).slice());
  }
  return new Uint8Array(Buffer.concat(pieces));
}

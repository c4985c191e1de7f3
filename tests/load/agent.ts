// One of many members that save at once: joins as a person would, then sends packs of random bytes and a snapshot of
// them, with a certificate, a session and connections of its own. What a member's machine does before it sends
// (reading, sealing) is left out: it is that machine's time, and here all of them are this one.
import { packSetRootOf } from '@kura/agent/backup/pack-set.ts';
import { openService, type Service } from '@kura/agent/network/access.ts';
import { describeNetwork } from '@kura/agent/network/describe-network.ts';
import { joinNetwork } from '@kura/agent/network/join.ts';
import { RemoteCoordinator } from '@kura/agent/network/remote-coordinator.ts';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  systemAlarmClock as clock,
  type PackId,
  packId,
  systemRandom as random,
  STANDARD_SHAPE,
  snapshotId,
  toHex,
} from '@kura/base';
import { parseInvitation } from '@kura/certificates/invitation.ts';
import { newRoot } from '@kura/member-seal';

const shape = STANDARD_SHAPE;
/** What a line of some megabits uses. */
const LEAVES = shape.packLeaves[1];
export const PACK_BYTES = LEAVES * shape.leafBytes;
/** As an agent sends them: the next one is sealed while one is on its way. */
const PACKS_AT_ONCE = 2;
const CONNECTIONS = 4;
/** Of every pack, but for its first bytes: making gigabytes of chance would keep this process from all else. */
const SEALED = random.bytes(PACK_BYTES);
const HOME = { name: 'Tokyo', lat: 35.7, lon: 139.7, powerArea: 'JP-50' };
const NO_LIMITS = { sendBytesPerS: 0, receiveBytesPerS: 0 };

export class LoadAgent {
  readonly #service: Service;
  readonly #coordinator: RemoteCoordinator;
  readonly #deviceSeed: Uint8Array;

  private constructor(service: Service, level: number, deviceSeed: Uint8Array) {
    this.#service = service;
    this.#deviceSeed = deviceSeed;
    this.#coordinator = new RemoteCoordinator({ client: service.coordinator, level, random });
  }

  static async join(invitation: string, account: string): Promise<LoadAgent> {
    const joined = await joinNetwork(
      {
        ...{ invitation: parseInvitation(invitation), account, home: HOME, proxy: undefined },
        ...{ root: newRoot(random), deviceName: account, keep: async () => undefined },
        loginPassphrase: 'a passphrase, to log in',
      },
      { clock, random },
    );
    const addresses = [joined.coordinator];
    const access = {
      ...{ coordinators: addresses, gateways: addresses, rootPem: joined.rootPem, level: 1 },
      ...{ identity: joined.identity.deviceTls, proxy: undefined, limits: NO_LIMITS },
      connections: CONNECTIONS,
    };
    const service = openService(access, { clock, random });
    const { network } = await describeNetwork(service.coordinator);
    return new LoadAgent(service, network.level, joined.identity.device.seed);
  }

  /** Seconds until so many packs were acknowledged with a snapshot of them. */
  async save(packs: number): Promise<number> {
    const startedMs = clock.elapsedMs();
    const coordinator = this.#coordinator;
    const session = await coordinator.beginSession('backup');
    const { gateway: client } = this.#service;
    const sink = new RemotePackSink({
      ...{ client, shape, session, clock },
      deviceSeed: this.#deviceSeed,
      meet: async () => undefined,
    });
    const ids: PackId[] = [];
    let left = packs;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const id = packId(toHex(random.bytes(32)));
        const upload = await sink.open(id, LEAVES);
        SEALED.set(Buffer.from(id, 'hex'));
        await upload.write(SEALED);
        await coordinator.recordPacks(session, [await upload.finish()]);
        ids.push(id);
      }
    };
    await Promise.all(Array.from({ length: PACKS_AT_ONCE }, lane));
    await coordinator.commitSnapshot(session, headOf(ids), ids);
    await coordinator.endSession(session);
    return (clock.elapsedMs() - startedMs) / 1000;
  }

  close(): void {
    this.#service.close();
  }
}

function headOf(uses: readonly PackId[]) {
  return {
    snapshotId: snapshotId(toHex(random.bytes(32))),
    packId: uses.at(-1) ?? packId('00'.repeat(32)),
    predecessor: undefined,
    deviceKey: random.bytes(32),
    timeMs: clock.nowMs(),
    packSetRoot: packSetRootOf(uses),
    packCount: uses.length,
    leafSalt: random.bytes(32),
  };
}

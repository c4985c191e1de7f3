// Packs of chance as a device of a service sends them, without a backup around them.
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  systemAlarmClock as clock,
  must,
  type PackId,
  packId,
  systemRandom as random,
  type SessionId,
  SMALL_SHAPE as shape,
  toHex,
} from '@kura/base';
import type { PackRecord } from '@kura/contract';
import type { SmallService } from './small-service.ts';

export type Agent = ReturnType<SmallService['agent']>;

export interface ChancePack {
  readonly id: PackId;
  readonly sealed: Uint8Array;
}

/** Of the smallest size, the middle one, or the largest. */
export function newPack(which: 0 | 1 | 2 = 0): ChancePack {
  const leaves = must(shape.packLeaves[which], 'a size');
  return {
    id: packId(toHex(random.bytes(32))),
    sealed: random.bytes(leaves * shape.leafBytes),
  };
}

/** Within a session that has no other purpose. */
export async function inSession<T>(
  agent: Agent,
  work: (session: SessionId) => Promise<T>,
): Promise<T> {
  const session = await agent.tables.beginSession('backup');
  try {
    return await work(session);
  } finally {
    await agent.tables.endSession(session);
  }
}

export function send(agent: Agent, { id, sealed }: ChancePack): Promise<PackRecord> {
  return inSession(agent, async (session) => {
    const meet = async (): Promise<void> => undefined;
    const { deviceSeed } = agent;
    const sink = new RemotePackSink({
      ...{ client: agent.gateway, shape, session, meet, deviceSeed, clock },
    });
    const upload = await sink.open(id, sealed.length / shape.leafBytes);
    await upload.write(sealed);
    return upload.finish();
  });
}

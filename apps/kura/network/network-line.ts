// The way of a line's packs to a network of others. Loaded by threads that need it, and by no others.

import {
  LineSpeed,
  maxLeavesAt,
  readLineSpeed,
  type Sent,
  type SpeedTable,
  writeLineSpeed,
} from '@kura/agent/line-speed/line-speed.ts';
import { type NetworkAccess, openService } from '@kura/agent/network/access.ts';
import { describeNetwork, fetchCopyKeys } from '@kura/agent/network/describe-network.ts';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  type Disk,
  type NetworkShape,
  type SessionId,
  type StoreId,
  systemAlarmClock,
  systemRandom,
} from '@kura/base';
import type { HangUp, PackSink, StoreIdentity } from '@kura/contract';
import type { LetterKeys } from '@kura/copy-seal';

/** What a line checks copies with; a store that joins meanwhile is added. */
export interface KnownCopies {
  readonly identities: Map<StoreId, StoreIdentity>;
  readonly copyKeys: Map<StoreId, Uint8Array>;
}

export interface NetworkLine {
  readonly sink: PackSink;
  /** Leaves of the largest pack that the line bears now (C8). */
  readonly maxLeaves: () => number;
}

interface LineParts {
  readonly shape: NetworkShape;
  readonly session: SessionId;
  readonly hangUp: HangUp;
  readonly known: KnownCopies;
  readonly homeFolder: string;
  readonly disk: Disk;
  readonly packSizes: SpeedTable;
  readonly deviceSeed: Uint8Array;
  readonly letterKeys: LetterKeys;
}

/** Uploads between two notes of the line's speed. */
const NOTED_EVERY = 8;

export function networkLine(access: NetworkAccess, parts: LineParts): NetworkLine {
  const { shape, session, hangUp, known, homeFolder, disk, packSizes, deviceSeed, letterKeys } =
    parts;
  const speed = new LineSpeed(readLineSpeed(disk, homeFolder));
  let sentCount = 0;
  const noteSent = (sent: Sent): void => {
    speed.note(sent);
    if (sentCount++ % NOTED_EVERY !== 0 || speed.bytesPerS === undefined) return;
    // A cache: what cannot be written is measured anew by the next run.
    const access = { disk, random: systemRandom };
    writeLineSpeed(access, homeFolder, speed.bytesPerS).catch(() => undefined);
  };
  const service = openService(access, { clock: systemAlarmClock, random: systemRandom });
  const { coordinator, gateway: client } = service;
  const sink = new RemotePackSink({
    ...{ client, shape, session, hangUp, deviceSeed, clock: systemAlarmClock },
    onSent: noteSent,
    meet: async (storeIds) => {
      if (storeIds.every((storeId) => known.identities.has(storeId))) return;
      const { network } = await describeNetwork(coordinator);
      const { copyKeys } = await fetchCopyKeys(coordinator, letterKeys);
      for (const { identity } of network.stores) known.identities.set(identity.storeId, identity);
      for (const [storeId, copyKey] of copyKeys) known.copyKeys.set(storeId, copyKey);
    },
  });
  return { sink, maxLeaves: () => maxLeavesAt(speed.bytesPerS, shape, packSizes) };
}

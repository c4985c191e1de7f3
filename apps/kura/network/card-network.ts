// Opens a network by a card alone: its passphrase, the stores that it can read, and nobody else. What the commands that
// read do with it is what they do with any network; those that change something are told no.

import { CardFiles } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import type { CardAccess, CardReaders } from '@kura/agent/card/card-readers.ts';
import type { CardTables } from '@kura/agent/card/card-tables.ts';
import { CopyFinder, elsewhereAt } from '@kura/agent/card/find-copies.ts';
import { readCard } from '@kura/agent/card/read-card.ts';
import type { AgentContext } from '@kura/agent/context.ts';
import { cardHistory } from '@kura/agent/heads/card-history.ts';
import { HistoryMemory, homeHistory } from '@kura/agent/heads/history-memory.ts';
import { homePaths } from '@kura/agent/home.ts';
import { policyFor } from '@kura/agent/network/witness-policy.ts';
import { readStoreSpeeds } from '@kura/agent/read/store-speeds.ts';
import { type KuraError, type StoreId, systemAlarmClock } from '@kura/base';
import type { LogKey, WitnessPolicy } from '@kura/log';
import type { DeviceKey } from '@kura/member-seal';
import type { Surroundings } from '../embedded/surroundings.ts';
import { deviceOf } from './card-care.ts';
import { type JoinedHome, proxyOf } from './joined-network.ts';
import { choiceOf, openMedia } from './media.ts';
import { MAX_LANES, measured, patienceFor } from './network-readers.ts';

export interface CardNetwork extends AgentContext {
  readonly kind: 'card';
  readonly coordinator: CardTables;
  /** Undefined: the card is for reading only. */
  readonly device: DeviceKey | undefined;
  readonly log: LogKey;
  /** By which receipts are judged: pinned on the card. */
  readonly witnessPolicy: () => Promise<WitnessPolicy>;
  readonly readers: CardReaders;
  readonly files: CardFiles;
  /** For threads that read by themselves. */
  readonly access: CardAccess;
  /** Absolute: disks that were sent, among the stores. */
  readonly media: readonly string[];
  readonly storeFailures: ReadonlyMap<StoreId, KuraError>;
  close(): void;
}

export interface CardHome
  extends Pick<JoinedHome, 'passphrase' | 'environment' | 'limits' | 'media'> {
  /** Absolute: below it, what is learnt of packs is kept for the next command. */
  readonly homeFolder: string;
  /** Absolute: the folder of the card. */
  readonly card: string;
  readonly warn: (message: string) => void;
  readonly onProgress?: (catalogues: number) => void;
}

/** Connections of one process to one reader. */
const CONNECTIONS = 8;

/**
 * Throws what opening the card throws, `unreachable` if no store answers, `missing` if none has what the card names.
 */
export async function openByCard(home: CardHome, surroundings: Surroundings): Promise<CardNetwork> {
  const { disk, random, native, clock } = surroundings;
  const { environment, limits, warn, onProgress } = home;
  const settings = { disk, random, folder: home.card };
  const card = await CardFolder.open(settings, await home.passphrase());
  const files = CardFiles.only(card);
  const known = files.network();
  const around = { clock: systemAlarmClock, random };
  const log = { origin: known.logOrigin, publicKey: known.logKey };
  const proxy = proxyOf(known.coordinators, environment);
  const folder = `${home.homeFolder}/cards/${card.cardId}`;
  const speeds = readStoreSpeeds(disk, folder, systemAlarmClock);
  const media = await openMedia(home.media, { disk, native });
  const { keys, network, tables, readers, access } = await readCard({
    ...{ files, around, warn, bulk: native.bulk, patienceMs: patienceFor(speeds) },
    access: { proxy, limits, connections: CONNECTIONS },
    media,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const { shape } = network;
  const paths = homePaths(folder);
  return {
    kind: 'card',
    home: paths,
    history: new HistoryMemory({
      places: [
        homeHistory({ disk, random, home: paths, localKey: keys.localKey }),
        cardHistory(files),
      ],
      log: known.logOrigin,
      warn,
    }),
    ...{ keys, network, access, readers, files, shape, native, disk, clock, random },
    device: files.isReadOnly ? undefined : deviceOf(files.identity()),
    coordinator: tables,
    ...measured(readers.readers, {
      ...{ shape, speeds, laneCount: MAX_LANES, choice: choiceOf(media) },
    }),
    media: home.media,
    elsewhere: elsewhereAt(new CopyFinder(readers)),
    copyKeys: readers.copyKeys,
    storeFailures: new Map(),
    log,
    witnessPolicy: async () => policyFor(log, known.witnessPolicy),
    close: () => readers.close(),
  };
}

// The service that brings data back: `restore`.
import type { KeepAlive } from '@kura/agent/journal/noted-restore.ts';
import { contentSource, treeSource } from '@kura/agent/read/content-source.ts';
import type { OrderChoice } from '@kura/agent/read/copy-order.ts';
import { restore } from '@kura/agent/restore/restore.ts';
import { KuraError } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import type { RestoreRequest } from '../commands/requests.ts';
import type { RestoreView } from '../commands/views.ts';
import type { ReadingWay } from '../embedded/restore-thread.ts';
import { ThreadWriters } from '../embedded/thread-writers.ts';
import { refuseOther } from './history.ts';
import { entryAt, storedSnapshot } from './look.ts';
import { placeView } from './network-view.ts';
import { noted } from './noted.ts';
import type { OpenHome } from './open.ts';
import { type Session, shared } from './session.ts';

export async function restoreNow(session: Session, request: RestoreRequest): Promise<RestoreView> {
  session.limit(request.limits);
  const network = await session.network();
  const choice = await leadByMedia(orderOf(request, network.network), network, session);
  const isSelection = request.matches !== undefined;
  return await noted(session, { ...request, isSelection }, async (keepAlive) => {
    const result = await bringBack({ session, request, network, choice, keepAlive });
    const { restored, updated, bytes, problemCount: problems } = result;
    return { result, brought: { entries: restored + updated, bytes, problems } };
  });
}

interface Bringing {
  readonly session: Session;
  readonly request: RestoreRequest;
  readonly network: OpenHome;
  readonly choice: OrderChoice;
  readonly keepAlive: KeepAlive;
}

async function bringBack(bringing: Bringing): Promise<RestoreView> {
  const { session, request, network, choice, keepAlive } = bringing;
  const { settings, surroundings, threadCount } = session;
  const history = await refuseOther(session, request.acceptOlder ? 'once' : 'no');
  const stored = await storedSnapshot(session, request.snapshot);
  const reading = await session.readingOf(stored);
  const selected = await entryAt(session, stored, request.path);
  const root = request.path === '/' ? await reading.trees.entries(selected) : selected;
  const summary = await restore(
    {
      root,
      target: request.target,
      ...(request.matches === undefined ? {} : { matches: request.matches }),
      overwrite: request.overwrite,
      delete: request.delete,
      verify: request.verify,
      dryRun: request.dryRun,
      sparse: request.sparse,
      owners: process.getuid?.() === 0,
    },
    {
      tree: treeSource(reading),
      content: contentSource(reading),
      posix: surroundings.native.posix,
      clock: surroundings.clock,
      random: surroundings.random,
      signal: settings.signal,
      progress: ({ phase, entries, totalEntries, bytes, totalBytes }) => {
        keepAlive();
        settings.progress.update({
          phase: PHASES[phase],
          filesDone: entries,
          bytesDone: bytes,
          filesTotal: totalEntries === 0 ? undefined : totalEntries,
          bytesTotal: totalBytes === 0 ? undefined : totalBytes,
        });
      },
      openWriters: (place) =>
        ThreadWriters.open(
          {
            way: readingWay(network, threadCount),
            choice,
            laneCount: Math.max(1, Math.floor(READ_AT_ONCE / threadCount)),
            homeFolder: network.home.folder,
            network: network.network,
            keys: reading.keys,
            copyKeys: network.copyKeys,
            table: reading.table.memory,
            isPartlyAway: reading.isPartlyAway,
            packs: reading.catalogue.entries().map((entry) => entry.row),
            place,
          },
          threadCount,
        ),
    },
  );
  settings.progress.finish();
  return {
    ...summary,
    history,
    problems: summary.problems.map(({ path, message }) => ({ path, why: message })),
  };
}

function readingWay(home: OpenHome, threads: number): ReadingWay {
  switch (home.kind) {
    case 'embedded':
      return { kind: 'embedded' };
    case 'service': {
      const { access, described, media } = home;
      return { kind: 'service', access: shared(access, threads), described, media };
    }
    case 'card':
      return { kind: 'card', access: shared(home.access, threads), media: home.media };
  }
}

/** A medium comes first, unless the person wants another store. */
async function leadByMedia(
  choice: OrderChoice,
  network: OpenHome,
  { surroundings }: Session,
): Promise<OrderChoice> {
  if (network.kind === 'embedded' || network.media.length === 0) return choice;
  const { choiceOf, openMedia } = await import('../network/media.ts');
  return choiceOf(await openMedia(network.media, surroundings), choice);
}

/** Throws `usage` if no store is called so, or several are. */
function orderOf({ from, isRandom }: RestoreRequest, network: NetworkDescription): OrderChoice {
  if (from === undefined) return { from, isRandom };
  const wanted = from.toLowerCase();
  const named = network.stores.filter(({ identity }) => {
    const { city, cityName } = placeView(identity.place);
    const isCity = [city, cityName].some((name) => name.toLowerCase() === wanted);
    return isCity || (wanted.length >= MIN_ID && identity.storeId.startsWith(wanted));
  });
  const [store, ...others] = named;
  if (store !== undefined && others.length === 0) return { from: store.identity.storeId, isRandom };
  const what = store === undefined ? 'no store is' : 'several stores are';
  throw new KuraError('usage', `${what} called "${from}"`, {
    guidance: 'Give a city of a store, or the beginning of its id (kura key show --json).',
  });
}

/** Of all threads together, over a line: a reader lets one key ask so much at once. */
const READ_AT_ONCE = 4;

/** Characters of an id that are taken for one. */
const MIN_ID = 4;

const PHASES = { locate: 'looking', stage: 'restoring', commit: 'moving into place' } as const;

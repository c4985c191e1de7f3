// The service behind `kura adopt`: an embedded home becomes one of a network, step by step
// (docs/design/adoption.md). Until the last step the home is as it was; each run goes on where the one before has
// ended.
import { type AdoptSummary, adoptNetwork } from '@kura/agent/adopt/adopt.ts';
import { RemoteTaking } from '@kura/agent/adopt/remote-taking.ts';
import { sampleCopies } from '@kura/agent/adopt/sample-copies.ts';
import type { CardFiles } from '@kura/agent/card/card-files.ts';
import { openService } from '@kura/agent/network/access.ts';
import { withinSession } from '@kura/agent/within-session.ts';
import { equalBytes, KuraError, type SessionId, systemAlarmClock } from '@kura/base';
import type { StoreDescription } from '@kura/contract';
import type { Root } from '@kura/member-seal';
import { handOverShelf } from '@kura/store';
import type { OpenNetwork } from '../embedded/open-network.ts';
import { coordinatorSeed } from '../embedded/secrets.ts';
import type { Surroundings } from '../embedded/surroundings.ts';
import { type HomePointer, readPointer, writePointer } from './home-pointer.ts';
import { type Joining, joinWith } from './join.ts';
import { accessOf, type JoinedHome, openCard, openJoined } from './joined-network.ts';

export interface AdoptHome {
  readonly old: OpenNetwork;
  readonly root: Root;
  /** Undefined: a membership that was begun is gone on with. */
  readonly joining: Joining | undefined;
  readonly joined: Pick<JoinedHome, 'homeFolder' | 'environment' | 'passphrase'>;
  readonly onProgress: (packs: number) => void;
}

export interface Adoption {
  readonly networkId: string;
  /** Handed over, and not in the network yet. */
  readonly waiting: readonly StoreDescription[];
  readonly taken: (AdoptSummary & { readonly sampled: number }) | undefined;
  readonly isLate: boolean;
}

const NO_LIMITS = { sendBytesPerS: 0, receiveBytesPerS: 0 };

export async function adoptHome(options: AdoptHome, around: Surroundings): Promise<Adoption> {
  const { old, joined } = options;
  const { homeFolder } = joined;
  const pointer = await membership(options, around);
  const files = await openCard({ pointer, passphrase: joined.passphrase }, around);
  await handOver(old, files, around);
  const { networkId } = pointer;
  return await alone(old, async (session) => {
    const taken = await takeOver(options, files, around);
    if (taken.summary === undefined) {
      return { networkId, waiting: taken.waiting, taken: undefined, isLate: false };
    }
    // Nothing is saved through it: there is nothing to warn of.
    const warn = (): void => undefined;
    const home = { ...joined, pointer, limits: NO_LIMITS, media: [], warn };
    const network = await openJoined(home, around);
    const sampled = await sampleCopies(network).finally(() => network.close());
    await writePointer(around, homeFolder, pointer);
    const isLate = (await othersOf(old, session)).length > 0;
    return { networkId, waiting: [], taken: { ...taken.summary, sampled }, isLate };
  });
}

async function membership(
  { root, joining, joined }: AdoptHome,
  around: Surroundings,
): Promise<HomePointer> {
  const { disk } = around;
  const { homeFolder } = joined;
  const begun = readPointer(disk, homeFolder) ?? readPointer(disk, homeFolder, 'adoption');
  if (begun !== undefined) return begun;
  if (joining === undefined) {
    throw new KuraError('usage', 'nobody has invited this network yet', {
      guidance: 'Say: kura adopt --account NAME',
    });
  }
  const pointer = await joinWith(root, joining, around);
  await writePointer(around, homeFolder, pointer, 'adoption');
  return pointer;
}

/** Stores that are there; the others are handed over by a later run. */
async function handOver(old: OpenNetwork, files: CardFiles, around: Surroundings): Promise<void> {
  const { coordinatorKey } = files.network();
  const seed = coordinatorSeed(old.keys);
  for (const { identity, location: folder } of old.network.stores) {
    const shelf = old.stores.get(identity.storeId);
    if (shelf === undefined || equalBytes(shelf.record.coordinatorKey, coordinatorKey)) continue;
    const nowMs = around.clock.nowMs();
    await handOverShelf({ folder, identity, coordinatorKey, seed, nowMs }, around);
  }
}

/** No prune or repair beside this, and no backup whose packs would be forgotten. */
function alone<Result>(
  old: OpenNetwork,
  work: (session: SessionId) => Promise<Result>,
): Promise<Result> {
  return withinSession(old.coordinator, 'repair', async (session) => {
    const [other] = await othersOf(old, session);
    if (other === undefined) return await work(session);
    throw new KuraError('busy', `a ${other.kind} of the old network is running`, {
      guidance: 'Wait until it has ended.',
    });
  });
}

async function othersOf({ coordinator }: OpenNetwork, own: SessionId) {
  return (await coordinator.sessions()).filter(({ sessionId }) => sessionId !== own);
}

interface TakenOver {
  readonly waiting: readonly StoreDescription[];
  /** Undefined while stores are waited for. */
  readonly summary: AdoptSummary | undefined;
}

async function takeOver(
  { old, joined, onProgress }: AdoptHome,
  files: CardFiles,
  { random }: Surroundings,
): Promise<TakenOver> {
  const access = accessOf(files, { environment: joined.environment, limits: NO_LIMITS });
  const service = openService(access, { clock: systemAlarmClock, random });
  try {
    const taking = new RemoteTaking({ client: service.coordinator, level: access.level, random });
    const known = new Set((await taking.describe()).stores.map(({ identity }) => identity.storeId));
    const waiting = old.network.stores.filter(
      ({ identity, state }) => state !== 'lost' && !known.has(identity.storeId),
    );
    if (waiting.length > 0) return { waiting, summary: undefined };
    const { coordinator } = old;
    const shown = { ...old, acknowledgedPacks: coordinator.acknowledgedPacks.bind(coordinator) };
    return { waiting, summary: await adoptNetwork({ old: shown, taking, onProgress }) };
  } finally {
    service.close();
  }
}

// Gives back to a rebuilt network what it lost: the card is read as if it were all there is, and what it and the stores
// know goes to coordinator and gateway. Whatever a member runs first does it; `kura card give-back` does it again.
import type { CardFiles } from '@kura/agent/card/card-files.ts';
import { readCard } from '@kura/agent/card/read-card.ts';
import { type GivenBack, giveBack } from '@kura/agent/give-back/give-back.ts';
import { RemoteReturns } from '@kura/agent/give-back/remote-returns.ts';
import type { HistoryMemory } from '@kura/agent/heads/history-memory.ts';
import type { NetworkAccess, Service } from '@kura/agent/network/access.ts';
import { RemoteCoordinator } from '@kura/agent/network/remote-coordinator.ts';
import { KuraError, type StoreId, systemAlarmClock } from '@kura/base';
import { deriveServiceKeys, type MemberKeys, type Root } from '@kura/member-seal';
import type { Surroundings } from '../embedded/surroundings.ts';

export interface ReturnParts extends Pick<Surroundings, 'native' | 'random'> {
  readonly files: CardFiles;
  readonly keys: MemberKeys;
  readonly service: Service;
  readonly access: NetworkAccess;
  readonly patienceMs: (store: StoreId) => number;
  readonly history: HistoryMemory;
  readonly warn: (message: string) => void;
}

/** `finishes`: the network waits no longer, whatever could not be confirmed. */
export async function giveBackAll(parts: ReturnParts, finishes: boolean): Promise<GivenBack> {
  const { files, keys, service, access, patienceMs, history, native, random, warn } = parts;
  const { proxy, limits, connections, level } = access;
  const card = await readCard({
    ...{ files, patienceMs, warn, bulk: native.bulk },
    around: { clock: systemAlarmClock, random },
    access: { proxy, limits, connections },
  });
  try {
    const owner = { memberId: keys.memberId, ownerSeed: keys.ownerSeed };
    return await giveBack({
      ...{ files, card, keys, history, finishes },
      clock: systemAlarmClock,
      catalogueKey: deriveServiceKeys(files.identity().root as Root).catalogueKey,
      coordinator: new RemoteCoordinator({ client: service.coordinator, level, random, owner }),
      returns: new RemoteReturns(service),
    });
  } finally {
    card.readers.close();
  }
}

/** Of a network that waits. What goes wrong is told: reading and saving go on. */
export async function giveBackAwaited(parts: ReturnParts): Promise<GivenBack | undefined> {
  const { warn } = parts;
  try {
    const given = await giveBackAll(parts, false);
    warn(givenText(given));
    return given;
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    warn(
      `the network was rebuilt, and could not be given back what your card knows: ${error.message}`,
    );
    return undefined;
  }
}

function givenText({ packs, snapshots, isEnded }: GivenBack): string {
  const what = `the network was rebuilt: ${packs} packs and ${snapshots} snapshots were given back`;
  return isEnded ? what : `${what}; others lie at stores that are away (kura card give-back)`;
}

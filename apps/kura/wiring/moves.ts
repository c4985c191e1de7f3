// Moves of an embedded network, whose planner, carrier and stores are in this process; and those of a network of
// others, in which a member says where copies may lie.
import { withinSession } from '@kura/agent/within-session.ts';
import { must, toHex } from '@kura/base';
import type { StoreKeeperPort, Warrant } from '@kura/contract';
import { embeddedCopyKeys } from '@kura/coordinator';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { StoreErrands } from '@kura/coordinator/gateway/store-errands.ts';
import { readDanger } from '@kura/coordinator/hazards/history/danger.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import { MoveCarrier } from '@kura/coordinator/moves/move-carrier.ts';
import { MovePlanner } from '@kura/coordinator/moves/move-planner.ts';
import { type MovesDone, runMovesDue } from '@kura/coordinator/moves/run-due.ts';
import { noteFreeBytes } from '@kura/coordinator/stores/stores.ts';
import { transact } from '@kura/database';
import { notePresence, type OpenNetwork } from '../embedded/open-network.ts';
import { coordinatorSeed } from '../embedded/secrets.ts';
import type { MovesPort } from '../moves/port.ts';
import { memberService } from './member-service.ts';
import type { Session } from './session.ts';

const HOLDER_BYTES = 16;

/** Throws `unsupported` in a network of others, `busy` beside a prune or a repair. */
export async function runMoves(session: Session): Promise<MovesDone> {
  const network = await session.embedded();
  await notePresence(network);
  const { coordinator, stores } = network;
  const { entire } = coordinator;
  await transact(entire.database, async (rows) => {
    for (const [storeId, shelf] of stores) await noteFreeBytes(rows, storeId, shelf.freeBytes());
  });
  const holder = toHex(network.random.bytes(HOLDER_BYTES));
  const leases = new Leases({ database: entire.database, holder });
  return await withinSession(coordinator, 'repair', async (lease) => {
    try {
      const done = await runMovesDue({
        ...programOf(network, { leases, warn: session.settings.warn }),
        rows: entire.database.kysely,
        readDanger: () => entire.database.read((rows) => readDanger(rows, entire.clock.nowMs())),
        onRound: async ({ added, addedBytes }) => {
          session.stopIfAsked();
          await coordinator.renewSession(lease);
          const { progress } = session.settings;
          progress.update({ phase: 'moving', filesDone: added, bytesDone: addedBytes });
        },
      });
      await writeCustodyEvents(entire, (work) => transact(entire.database, work));
      return done;
    } finally {
      session.settings.progress.finish();
      await leases.giveBack();
    }
  });
}

interface ProgramParts {
  readonly leases: Leases;
  readonly warn: (message: string) => void;
}

function programOf(network: OpenNetwork, { leases, warn }: ProgramParts) {
  const { coordinator, stores, keys, native, clock } = network;
  const { entire } = coordinator;
  const onFailure = (_: unknown, error: unknown): void =>
    warn(error instanceof Error ? error.message : String(error));
  const common = { network: entire, leases };
  return {
    planner: new MovePlanner({ ...common, coordinatorSeed: coordinatorSeed(keys) }),
    carrier: new MoveCarrier({
      ...{ ...common, stores, native, onFailure },
      keys: embeddedCopyKeys(keys.embeddedNetworkSecret),
      acknowledge: (storeId, { copyId }) =>
        must(stores.get(storeId), 'a store that is there').acknowledge(copyId),
    }),
    errands: new StoreErrands({
      ...{
        database: entire.database,
        leases,
        nowMs: () => clock.nowMs(),
        random: network.random,
        onFailure,
      },
      stores: {
        reachable: () => new Set(stores.keys()),
        remote: (storeId) => folderErrand(stores.get(storeId)),
      },
    }),
  };
}

function folderErrand(store: StoreKeeperPort | undefined) {
  if (store === undefined) return undefined;
  return {
    obey: async (warrant: Warrant): Promise<undefined> => {
      await store.remove(warrant);
    },
  };
}

/** Of a member of a network of others, over a connection of its own. */
export async function moves(session: Session): Promise<MovesPort> {
  const { memberMoves } = await import('../moves/remote-moves.ts');
  return memberMoves(await memberService(session));
}

// Opens a network that was founded before. Without its secret everything works that needs no signature:
// listing and describing come before the passphrase is asked for.
import { type Clock, KuraError, must, type NetworkShape, type Random } from '@kura/base';
import { openDatabase } from '@kura/database';
import { Coordinator } from './coordinator.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import type { CoordinatorDatabase, CoordinatorTables, Rows } from './db/tables.ts';
import { type Charter, Network, type NetworkParts } from './network.ts';
import { type Processes, systemProcesses } from './sessions/processes.ts';

export interface OpenCoordinatorOptions {
  /** A path, or tables that are open already. */
  readonly database: string | CoordinatorDatabase;
  readonly clock: Clock;
  readonly random: Random;
  /** Without it, commits are refused until `unlock`. */
  readonly networkSecret?: Uint8Array;
  readonly processes?: Processes;
}

/** Throws `no_network`, `refused` (another network's secret), and what `openDatabase` throws. */
export async function openCoordinator(options: OpenCoordinatorOptions): Promise<Coordinator> {
  return await openWith(options, (parts) => {
    const coordinator = new Coordinator(parts);
    if (options.networkSecret !== undefined) coordinator.unlock(options.networkSecret);
    return coordinator;
  });
}

/** The network alone, for whoever asks about it as a whole and nobody's agent is. Throws `no_network`. */
export async function openNetworkTables(
  options: Omit<OpenCoordinatorOptions, 'networkSecret'>,
): Promise<Network> {
  return await openWith(options, (parts) => new Network(parts));
}

/** Tables that are opened for it are closed if it fails. */
async function openWith<Made>(
  { database: given, clock, random, processes = systemProcesses() }: OpenCoordinatorOptions,
  make: (parts: NetworkParts) => Made,
): Promise<Made> {
  const database = await openTables(given);
  try {
    const charter = await readCharter(database.kysely);
    return make({ database, charter, clock, random, processes });
  } catch (error) {
    if (typeof given === 'string') database.close();
    throw error;
  }
}

export async function readCharter(rows: Rows): Promise<Charter> {
  const row = await rows.selectFrom('network').selectAll().executeTakeFirst();
  if (row === undefined) throw noNetwork();
  return {
    kind: row.kind,
    memberId: row.member_id,
    shape: JSON.parse(row.shape) as NetworkShape,
    copies: row.copies,
    removalDelayMs: row.removal_delay_ms,
    log: { origin: row.log_origin, publicKey: must(row.log_public_key, 'not null') },
  };
}

async function openTables(database: string | CoordinatorDatabase): Promise<CoordinatorDatabase> {
  if (typeof database !== 'string') return database;
  try {
    const options = { path: database, migrations: MIGRATIONS, absent: 'refuse' } as const;
    return await openDatabase<CoordinatorTables>(options);
  } catch (error) {
    if (error instanceof KuraError && error.code === 'missing') throw noNetwork();
    throw error;
  }
}

function noNetwork(): KuraError {
  return new KuraError('no_network', 'there is no Kura network here', {
    guidance:
      'Found one with `kura init`, become a member with `kura join`, or set KURA_HOME to the home of one.',
  });
}

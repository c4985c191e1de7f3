// Founds a network: its charter, its member and its first stores, in one transaction. A founding that was
// killed leaves no network, and can be begun again.
import {
  type Clock,
  KuraError,
  MAX_COPIES,
  type MemberId,
  type NetworkShape,
  type Random,
} from '@kura/base';
import type { HomeDescription } from '@kura/contract';
import { openDatabase, transact } from '@kura/database';
import type { Coordinator } from './coordinator.ts';
import { logOrigin, logSigner } from './custody/log-key.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import type { CoordinatorDatabase, CoordinatorTables, Rows } from './db/tables.ts';
import { OWN_PLAN } from './members/first-plans.ts';
import { registerMember } from './members/members.ts';
import { ensureFirstPlans } from './members/plans.ts';
import { openCoordinator } from './open.ts';
import type { Processes } from './sessions/processes.ts';
import { registerStore, type StoreRegistration } from './stores/stores.ts';

export interface NetworkFounding {
  readonly memberId: MemberId;
  readonly shape: NetworkShape;
  readonly home: HomeDescription;
  readonly copies: number;
  readonly level: number;
  readonly removalDelayMs: number;
}

export interface FoundCoordinatorOptions {
  /** A path, ':memory:', or tables that are open already (a simulation reopens them after a crash). */
  readonly database: string | CoordinatorDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly networkSecret: Uint8Array;
  readonly network: NetworkFounding;
  readonly stores: readonly StoreRegistration[];
  readonly processes?: Processes;
}

/** Throws `already_exists`, `too_few_stores`, `usage`, and what `openDatabase` throws. */
export async function foundCoordinator(options: FoundCoordinatorOptions): Promise<Coordinator> {
  checkFounding(options.network, options.stores);
  const database = await openTables(options.database);
  try {
    await transact(database, (rows) => writeFounding(rows, options));
    return await openCoordinator({ ...options, database });
  } catch (error) {
    if (typeof options.database === 'string') database.close();
    throw error;
  }
}

async function openTables(database: string | CoordinatorDatabase): Promise<CoordinatorDatabase> {
  if (typeof database !== 'string') return database;
  return openDatabase<CoordinatorTables>({ path: database, migrations: MIGRATIONS });
}

async function writeFounding(rows: Rows, options: FoundCoordinatorOptions): Promise<void> {
  const { network, networkSecret } = options;
  const nowMs = options.clock.nowMs();
  const founded = await rows.selectFrom('network').select('number').executeTakeFirst();
  if (founded !== undefined) {
    throw new KuraError('already_exists', 'there is a network here already', {
      guidance: 'Use it, or set KURA_HOME to another folder.',
    });
  }
  const signer = logSigner(networkSecret, logOrigin(network.memberId));
  await rows
    .insertInto('network')
    .values({
      number: 1,
      kind: 'embedded',
      member_id: network.memberId,
      shape: JSON.stringify(network.shape),
      copies: network.copies,
      removal_delay_ms: network.removalDelayMs,
      log_origin: signer.origin,
      log_public_key: signer.publicKey,
      ticks: 0,
      stores_tick: 0,
      login_setup: null,
    })
    .execute();
  const { memberId, home, level } = network;
  await ensureFirstPlans(rows);
  await registerMember(rows, { memberId, home, planId: OWN_PLAN, ownLevel: level, nowMs });
  for (const store of options.stores) await registerStore(rows, store, nowMs);
}

function checkFounding(network: NetworkFounding, stores: readonly StoreRegistration[]): void {
  const { copies } = network;
  if (!Number.isInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new KuraError('usage', `${copies} is no number of copies`, {
      guidance: `Between 1 and ${MAX_COPIES} copies are possible; at least 2 are safe.`,
    });
  }
  if (stores.length >= copies) return;
  throw new KuraError(
    'too_few_stores',
    `${copies} copies need as many stores, not ${stores.length}`,
    {
      guidance: 'Name more stores, or fewer copies.',
    },
  );
}

// One step of the lease `validity`: closing days that have come, copies to queue, audits that are over, statements
// whose time to object is over. Each member in transactions of its own: a large one holds up no other.
import type { Random } from '@kura/base';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import type { ValidityAuditsTable, ValidityState } from '../db/validity-tables.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { closeDue, issue, nameKeys } from './conclude.ts';
import { openDue, type ValiditySettings } from './open-due.ts';
import { queueCopies } from './queue-copies.ts';
import { standingOf } from './standing.ts';

/** Pages and audits of one step: a lease lasts for half a minute. */
const MAX_PAGES = 50;
const MAX_AUDITS = 100;

export interface ValidityParts {
  readonly database: CoordinatorDatabase;
  /** Under the lease. */
  readonly transact: <Result>(work: (rows: Rows) => Promise<Result>) => Promise<Result>;
  readonly networkId: string;
  readonly minimumCopies: number;
  readonly keys: Pick<CopyKeys, 'keysFor'>;
  readonly settings: ValiditySettings;
  readonly random: Random;
  readonly nowMs: () => number;
}

export async function validityStep(parts: ValidityParts): Promise<void> {
  const { transact, settings, random, nowMs } = parts;
  await transact((rows) => openDue(rows, settings, nowMs()));
  await queueDue(parts);
  for (const audit of await inState(parts, 'auditing', MAX_AUDITS)) await conclude(audit, parts);
  await transact((rows) => closeDue(rows, { random, nowMs: nowMs() }));
}

async function queueDue(parts: ValidityParts): Promise<void> {
  for (let page = 0; page < MAX_PAGES; page++) {
    const [audit] = await inState(parts, 'queueing', 1);
    if (audit === undefined) return;
    await parts.transact((rows) => queueCopies(rows, audit));
  }
}

async function conclude(audit: ValidityAuditsTable, parts: ValidityParts): Promise<void> {
  const { database, transact, minimumCopies, keys, nowMs } = parts;
  const { member_id: memberId } = audit;
  const judging = { minimumCopies, nowMs: nowMs() };
  const standing = await database.read((rows) => standingOf({ rows, memberId }, audit, judging));
  if (standing === undefined) return;
  const stores = await nameKeys(standing.stores, audit, keys);
  await transact((rows) => issue(rows, audit, { standing, stores }, { ...parts, nowMs: nowMs() }));
}

/** The oldest first. */
function inState(
  { database }: ValidityParts,
  state: ValidityState,
  limit: number,
): Promise<readonly ValidityAuditsTable[]> {
  return database.kysely
    .selectFrom('validity_audits')
    .selectAll()
    .where('state', '=', state)
    .orderBy('began_ms')
    .orderBy('member_id')
    .limit(limit)
    .execute();
}

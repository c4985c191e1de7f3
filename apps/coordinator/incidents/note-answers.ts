// What a store has answered about a copy becomes rows: its signed word as evidence, and the state of the copy, so
// that what is gone is made anew at once and not when somebody has judged.
import { must, type Random } from '@kura/base';
import type { CopyState, Examination } from '@kura/contract';
import type { TruePath } from '@kura/contract/evidence/index.ts';
import { setCopyState } from '../custody/copies.ts';
import type { IncidentsTable } from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import { packPath } from './gather.ts';
import { remakeCopy } from './remake.ts';

const STATES: Readonly<Record<Examination['state'], CopyState>> = {
  intact: 'held',
  healed: 'held',
  damaged: 'damaged',
  missing: 'lost',
};

export interface Noting {
  readonly nowMs: number;
  readonly random: Random;
  /** Of the copy. */
  readonly sizeBytes: number;
}

export async function noteExamination(
  rows: Rows,
  incident: IncidentsTable,
  examination: Examination,
  noting: Noting,
): Promise<void> {
  const { last } = await rows
    .selectFrom('incident_examinations')
    .select((all) => all.fn.max('number').as('last'))
    .where('incident_id', '=', incident.incident_id)
    .executeTakeFirstOrThrow();
  await rows
    .insertInto('incident_examinations')
    .values({
      ...{ incident_id: incident.incident_id, number: (last ?? 0) + 1 },
      store_id: examination.storeId,
      copy_id: examination.copyId,
      time_ms: noting.nowMs,
      signed: examination.signed,
    })
    .execute();
  const state = STATES[examination.state];
  const isChanged = await noteState(rows, incident, state);
  // Where a hand was, nothing is made anew: the planner finds another store.
  if (!isChanged || state === 'held' || examination.parity === 'changed') return;
  const { member_id: memberId } = incident;
  await remakeCopy(
    rows,
    { memberId, ...placeOf(incident), state, sizeBytes: noting.sizeBytes },
    noting,
  );
}

/** True if it was another one before. */
export async function noteState(
  rows: Rows,
  incident: IncidentsTable,
  state: CopyState,
): Promise<boolean> {
  const { member_id: memberId } = incident;
  const at = placeOf(incident);
  const before = await rows
    .selectFrom('copies')
    .select('state')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', at.packId)
    .where('store_id', '=', at.storeId)
    .executeTakeFirst();
  if (before === undefined || before.state === state) return false;
  await setCopyState({ rows, memberId }, at, state);
  return true;
}

function placeOf({ store_id: store, pack_id: pack }: IncidentsTable) {
  return {
    storeId: must(store, 'an incident of a store'),
    packId: must(pack, 'an incident of a copy'),
  };
}

export async function notePaths(
  rows: Rows,
  { incident_id: id }: IncidentsTable,
  paths: readonly TruePath[],
): Promise<void> {
  for (const { leaf, hash, path } of paths) {
    await rows
      .insertInto('incident_paths')
      .values({ incident_id: id, leaf, hash, path: packPath(path) })
      .onConflict((same) => same.columns(['incident_id', 'leaf']).doNothing())
      .execute();
  }
}

// Everything that is due, until nothing changes any more: for a network whose planner, carrier and stores are in one
// process, which nobody runs round the clock.
import { sql } from 'kysely';
import type { Rows } from '../db/tables.ts';
import type { StoreErrands } from '../gateway/store-errands.ts';
import type { Danger } from './danger.ts';
import type { MoveCarrier } from './move-carrier.ts';
import type { MovePlanner } from './move-planner.ts';

export interface DueParts {
  readonly planner: MovePlanner;
  readonly carrier: MoveCarrier;
  readonly errands: Pick<StoreErrands, 'bringWarrants'>;
  readonly rows: Rows;
  readonly readDanger: () => Promise<Danger>;
  /** Between two rounds; may throw to end it: what was begun is taken up the next time. */
  readonly onRound?: (done: MovesDone) => void | Promise<void>;
}

export interface MovesDone {
  /** Copies that were made and count. */
  readonly added: number;
  readonly addedBytes: number;
  /** Copies that their stores have confirmed to be gone. */
  readonly retired: number;
  /** Packs that are on their way, and cannot go on now. */
  readonly waiting: number;
}

/** Moves that always find a reason to go on would be a mistake; this many rounds are none. */
const MAX_ROUNDS = 100_000;

export async function runMovesDue(parts: DueParts): Promise<MovesDone> {
  const { planner, carrier, errands, rows, readDanger, onRound } = parts;
  const first = await count(rows);
  let before = '';
  for (let round = 0; round < MAX_ROUNDS; round++) {
    await planner.consider(await readDanger());
    await carrier.round();
    await carrier.idle();
    await planner.round();
    await errands.bringWarrants();
    await planner.round();
    const after = await mark(rows);
    if (after === before) break;
    before = after;
    await onRound?.(doneSince(first, await count(rows)));
  }
  return doneSince(first, await count(rows));
}

async function mark(rows: Rows): Promise<string> {
  const { rows: found } = await sql`
    select step, count(*) as packs, sum(tries) as tries, max(move_id) as latest
    from move_packs group by step order by step`.execute(rows);
  return JSON.stringify([found, await count(rows)]);
}

interface Counts {
  readonly added: number;
  readonly addedBytes: number;
  readonly retired: number;
  readonly waiting: number;
}

async function count(rows: Rows): Promise<Counts> {
  const { rows: found } = await sql<Readonly<Record<keyof Counts, number | string | null>>>`
    select sum(case when kind = 'add' then packs_done else 0 end) as "added",
      sum(case when kind = 'add' then bytes_done else 0 end) as "addedBytes",
      sum(case when kind = 'retire' then packs_done else 0 end) as "retired",
      (select count(*) from move_packs where step <> 'settle') as "waiting"
    from moves`.execute(rows);
  const [sums] = found;
  return {
    added: Number(sums?.added ?? 0),
    addedBytes: Number(sums?.addedBytes ?? 0),
    retired: Number(sums?.retired ?? 0),
    waiting: Number(sums?.waiting ?? 0),
  };
}

const doneSince = (first: Counts, now: Counts): MovesDone => ({
  added: now.added - first.added,
  addedBytes: now.addedBytes - first.addedBytes,
  retired: now.retired - first.retired,
  waiting: now.waiting,
});

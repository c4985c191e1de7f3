// What changed of a member's packs since a tick: a device keeps a copy of the rows and asks for the difference.
// A page never ends within a tick, so that nothing is passed over.
import type { PackId } from '@kura/base';
import type { PackChanges, PackRow } from '@kura/contract';
import type { MemberRows } from '../db/tables.ts';
import { eachPack, MAX_PAGE_PACKS } from './read-packs.ts';

/** Rows of one answer: with eight copies each, still below its largest size. */
const MAX_CHANGED = 2000;

interface Mark {
  readonly packId: PackId;
  readonly tick: number;
}

/** `limit`: more may come if that many changed in one tick. */
export async function changedPacks(
  of: MemberRows,
  { sinceTick, limit }: { readonly sinceTick: number; readonly limit: number },
): Promise<PackChanges> {
  const most = Math.min(limit, MAX_CHANGED);
  const changed = await page({ read: changedAfter(of), sinceTick, most });
  const dropped = await page({ read: droppedAfter(of), sinceTick, most });
  const tick = Math.min(changed.untilTick, dropped.untilTick);
  const isComplete = tick === Number.POSITIVE_INFINITY;
  const upTo = ({ marks }: Page): PackId[] =>
    marks.filter((mark) => mark.tick <= tick).map((mark) => mark.packId);
  const rows: PackRow[] = [];
  for await (const packs of eachPack(of, upTo(changed))) rows.push(...packs);
  const newest = Math.max(
    sinceTick,
    ...changed.marks.concat(dropped.marks).map(({ tick }) => tick),
  );
  return { tick: isComplete ? newest : tick, rows, dropped: upTo(dropped), isComplete };
}

interface Page {
  readonly marks: readonly Mark[];
  /** The page is whole up to this tick; without end if nothing is left out. */
  readonly untilTick: number;
}

interface Question {
  readonly read: (sinceTick: number, limit: number) => Promise<readonly Mark[]>;
  readonly sinceTick: number;
  readonly most: number;
}

async function page({ read, sinceTick, most }: Question): Promise<Page> {
  const marks = await read(sinceTick, most + 1);
  if (marks.length <= most) return { marks, untilTick: Number.POSITIVE_INFINITY };
  const cut = marks.at(-1)?.tick ?? 0;
  const whole = marks.filter(({ tick }) => tick < cut);
  if (whole.length > 0) return { marks: whole, untilTick: whole.at(-1)?.tick ?? 0 };
  // One tick alone fills the page: a batch of the largest size, taken whole.
  const all = await read(cut - 1, MAX_PAGE_PACKS);
  return { marks: all.filter(({ tick }) => tick === cut), untilTick: cut };
}

function changedAfter({ rows, memberId }: MemberRows): Question['read'] {
  return async (sinceTick, limit) => {
    const found = await rows
      .selectFrom('packs')
      .select(['pack_id', 'changed_at'])
      .where('member_id', '=', memberId)
      .where('changed_at', '>', sinceTick)
      .orderBy('changed_at')
      .limit(limit)
      .execute();
    return found.map((row) => ({ packId: row.pack_id, tick: row.changed_at }));
  };
}

function droppedAfter({ rows, memberId }: MemberRows): Question['read'] {
  return async (sinceTick, limit) => {
    const found = await rows
      .selectFrom('dropped_packs')
      .select(['pack_id', 'dropped_at'])
      .where('member_id', '=', memberId)
      .where('dropped_at', '>', sinceTick)
      .orderBy('dropped_at')
      .limit(limit)
      .execute();
    return found.map((row) => ({ packId: row.pack_id, tick: row.dropped_at }));
  };
}

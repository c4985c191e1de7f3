// One pass of audits: what is due by now, and no more. It may be ended after any pack, and whoever comes next goes
// on from the rows.
import { HOUR_MS, must } from '@kura/base';
import type { AuditWaitsTable } from '../db/audit-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askDueQuestions } from './ask-questions.ts';
import { auditBatch } from './audit-batch.ts';
import { type AuditFigures, type AuditorParts, Pass } from './auditor-parts.ts';
import {
  type AuditState,
  calendarOf,
  moveTo,
  noteDay,
  openState,
  placeOf,
  roundMsOf,
  type SlotPlace,
  seedOfDay,
} from './calendar.ts';
import { CompareRooms } from './compare-memory.ts';
import {
  copiesOfPacks,
  nameOf,
  occupiedSlots,
  ofPacks,
  type PackToAudit,
  packsOfSlot,
} from './copies-to-audit.ts';
import { drawQuestions } from './draw-questions.ts';
import { dropWait, putWait } from './note-outcomes.ts';
import { dropOldPairs } from './pair-rows.ts';
import { dayAt, dayBeginsMs } from './plan/days.ts';
import { ROUNDS_PER_FETCH, SLOTS, slotOrder, slotsDue, turnKind } from './plan/rounds.ts';
import type { BatchAudit, PackTurns } from './turns.ts';

/**
 * Of one pass, whose end is one transaction: the lease is looked at between passes, and questions have their moments.
 * Fewer: each pack pays for more of the transactions.
 */
const MAX_PACKS = 64;
const MAX_WAITS = 64;
/** Of a pair that was not asked: twice as long as until its copy should have had new ones. */
const KEPT_ROUNDS = 2 * ROUNDS_PER_FETCH;
/** More slots than this at once: it is looked first which of them have packs at all. */
const LOOK_FROM_SLOTS = 32;
const UNHELD_WAIT_MS = HOUR_MS;

export interface PassEnd {
  readonly figures: AuditFigures;
  /** Something that was due is left for the next pass. */
  readonly hasMore: boolean;
}

export class Auditor {
  readonly #parts: AuditorParts;
  readonly #rooms = new CompareRooms();
  #isStopped = false;
  #order: { readonly round: number; readonly slots: readonly number[] } | undefined;

  constructor(parts: AuditorParts) {
    this.#parts = parts;
  }

  /** The pass that is under way begins nothing more with any store. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Throws `interrupted` if the lease went to another. */
  async pass(lease: Lease): Promise<PassEnd> {
    const pass = new Pass(this.#parts, this.#rooms);
    const { auditSecret, dayMs } = this.#parts;
    const state = await lease.transact((rows) => begin(rows, { nowMs: pass.nowMs, dayMs }));
    const parts = { rows: () => pass.rows, auditSecret, nowMs: () => pass.nowMs };
    await drawQuestions(lease, state, parts);
    const calendar = calendarOf(state);
    const day = dayAt(calendar, pass.nowMs);
    const audit = { day, round: state.round, nextDayMs: dayBeginsMs(calendar, day + 1), pass };
    const questions = askDueQuestions(lease, day, pass);
    const copies = this.#auditCopies(lease, state, audit);
    // Neither goes on alone when the other one fails.
    await Promise.allSettled([questions, copies]);
    const [hasQuestions, hasCopies] = [await questions, await copies];
    const hasMore = !this.#isStopped && (hasQuestions || hasCopies);
    return { figures: pass.figures, hasMore };
  }

  /** What waited and is due, and what the round says. True if some of it is left. */
  async #auditCopies(lease: Lease, state: AuditState, audit: BatchAudit): Promise<boolean> {
    const { pass } = audit;
    const again = await this.#turnsAgain(lease, pass);
    const next = await this.#nextPacks(state, pass);
    const turns = await this.#turnsOf(next.packs, { state, pass });
    const packs = [...again.packs, ...turns];
    const hasMoved = next.place.slot !== state.slot || next.packs.length > 0;
    let isPutOff = false;
    if (packs.length > 0 || hasMoved) {
      isPutOff = await auditBatch(lease, packs, {
        ...audit,
        isStopped: () => this.#isStopped,
        onNoted: async (rows) => {
          await moveTo(rows, state, next.place, pass.nowMs);
          const keptMs = KEPT_ROUNDS * roundMsOf(state);
          if (next.place.slot === SLOTS) await dropOldPairs(rows, pass.nowMs - keptMs);
        },
      });
    }
    if (next.place.slot === SLOTS) this.#parts.onRound?.(state.round);
    return isPutOff || again.hasMore || next.hasMore;
  }

  // ── What waited ─────────────────────────────────────────────────────────────────────────────────

  async #turnsAgain(lease: Lease, pass: Pass): Promise<TurnsAgain> {
    const due = await pass.rows
      .selectFrom('audit_waits')
      .selectAll()
      .where('next_ms', '<=', pass.nowMs)
      .orderBy('next_ms')
      .limit(MAX_WAITS)
      .execute();
    const byPack = Map.groupBy(due, (wait) => nameOf(packOf(wait)));
    const waits = [...byPack.values()];
    const copies = await copiesOfPacks(
      pass.rows,
      waits.flatMap(([first]) => (first === undefined ? [] : [packOf(first)])),
    );
    const gone: AuditWaitsTable[] = [];
    const packs = waits.map((ofPack, index) =>
      ofPack.flatMap((wait) => {
        const copy = copies[index]?.find(({ storeId }) => storeId === wait.store_id);
        if (copy !== undefined) {
          return [{ copy, kind: wait.kind, excuses: wait.excuses, hasWaited: true }];
        }
        gone.push(wait);
        return [];
      }),
    );
    if (gone.length > 0) {
      await lease.transact(async (rows) => {
        for (const wait of gone) await putOffOrForget(rows, wait, pass.nowMs);
      });
    }
    return { packs, hasMore: due.length === MAX_WAITS };
  }

  // ── What the round says ─────────────────────────────────────────────────────────────────────────

  /** The next packs of slots that are due, and the place behind them. */
  async #nextPacks(state: AuditState, pass: Pass): Promise<NextPacks> {
    const round = { beganMs: state.round_began_ms, roundMs: roundMsOf(state) };
    const due = slotsDue(round, pass.nowMs);
    const order = await this.#orderOf(state);
    const packs: PackToAudit[] = [];
    let place = placeOf(state);
    const isMuch = due - place.slot > LOOK_FROM_SLOTS;
    const occupied = isMuch ? await occupiedSlots(pass.rows) : undefined;
    while (place.slot < due && packs.length < MAX_PACKS && !this.#isStopped) {
      const slot = must(order[place.slot], 'a slot of this round');
      const limit = MAX_PACKS - packs.length;
      const isEmpty = occupied?.has(slot) === false;
      const page = isEmpty ? [] : await packsOfSlot(pass.rows, { slot, after: place.after, limit });
      packs.push(...page);
      place =
        page.length < limit
          ? { slot: place.slot + 1, after: undefined }
          : { slot: place.slot, after: page.at(-1) };
    }
    return { packs, place, hasMore: place.slot < due };
  }

  async #turnsOf(
    packs: readonly PackToAudit[],
    { state, pass: { rows } }: { readonly state: AuditState; readonly pass: Pass },
  ): Promise<readonly PackTurns[]> {
    if (packs.length === 0) return [];
    const waits = await rows
      .selectFrom('audit_waits')
      .select(['member_id', 'pack_id', 'store_id'])
      .where(ofPacks(packs))
      .execute();
    // A copy that waits is looked at when its store allows it: its turn is not another one.
    const waiting = new Set(waits.map((wait) => `${nameOf(packOf(wait))} ${wait.store_id}`));
    const copies = await copiesOfPacks(rows, packs);
    return packs.map((pack, index) => {
      const kind = turnKind(this.#parts.auditSecret, pack.packId, state.round);
      const here = copies[index] ?? [];
      return here
        .filter((copy) => !waiting.has(`${nameOf(copy)} ${copy.storeId}`))
        .map((copy) => ({ copy, kind, excuses: 0, hasWaited: false }));
    });
  }

  async #orderOf({ round, round_day: day }: AuditState): Promise<readonly number[]> {
    if (this.#order?.round === round) return this.#order.slots;
    const { auditSecret, network } = this.#parts;
    const seed = await seedOfDay(network.database.kysely, auditSecret, day);
    this.#order = { round, slots: slotOrder(seed, round) };
    return this.#order.slots;
  }
}

interface TurnsAgain {
  readonly packs: readonly PackTurns[];
  readonly hasMore: boolean;
}

interface NextPacks {
  readonly packs: readonly PackToAudit[];
  readonly place: SlotPlace;
  readonly hasMore: boolean;
}

function packOf(row: Pick<AuditWaitsTable, 'member_id' | 'pack_id'>): PackToAudit {
  return { memberId: row.member_id, packId: row.pack_id };
}

async function begin(
  rows: Rows,
  { nowMs, dayMs }: { readonly nowMs: number; readonly dayMs: number | undefined },
): Promise<AuditState> {
  const state = await openState(rows, { nowMs, dayMs });
  await noteDay(rows, dayAt(calendarOf(state), nowMs));
  return state;
}

/** Nobody looks at a copy that is known to be damaged; when it is held again, somebody does. */
async function putOffOrForget(rows: Rows, wait: AuditWaitsTable, nowMs: number): Promise<void> {
  const { member_id: memberId, pack_id: packId, store_id: storeId } = wait;
  const copy = await rows
    .selectFrom('copies')
    .select('state')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  const copyKey = { memberId, packId, storeId };
  if (copy === undefined) return dropWait(rows, copyKey);
  const { kind, excuses, why } = wait;
  await putWait(rows, copyKey, { kind, excuses, why, nextMs: nowMs + UNHELD_WAIT_MS });
}

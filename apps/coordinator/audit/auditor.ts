// One pass of audits: what is due by now, and no more. It may be ended after any pack, and whoever comes next goes
// on from the rows.
import { HOUR_MS, must } from '@kura/base';
import type { AuditWaitsTable } from '../db/audit-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { askDueQuestions } from './ask-questions.ts';
import { auditCopies, type PackAudit, type Turn } from './audit-pack.ts';
import { type AuditFigures, type AuditorParts, Pass } from './auditor-parts.ts';
import {
  type AuditState,
  calendarOf,
  moveTo,
  noteDay,
  openState,
  placeOf,
  readState,
  roundMsOf,
  type SlotPlace,
  seedOfDay,
} from './calendar.ts';
import { CompareMemory } from './compare-copies.ts';
import {
  copiesOfPack,
  occupiedSlots,
  PAGE_PACKS,
  type PackToAudit,
  packsOfSlot,
} from './copies-to-audit.ts';
import { drawQuestions } from './draw-questions.ts';
import { dropWait, putWait } from './note-outcomes.ts';
import { dayAt, dayBeginsMs } from './plan/days.ts';
import { SLOTS, slotOrder, slotsDue, turnKind } from './plan/rounds.ts';

/** Of one pass: the lease is looked at between passes, and questions have their moments. */
const MAX_PACKS = 64;
const MAX_WAITS = 64;
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
  readonly #memory = new CompareMemory();
  #isStopped = false;
  #order: { readonly round: number; readonly slots: readonly number[] } | undefined;

  constructor(parts: AuditorParts) {
    this.#parts = parts;
  }

  /** The pass that is under way ends after the pack that it has in hand. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Throws `interrupted` if the lease went to another. */
  async pass(lease: Lease): Promise<PassEnd> {
    const pass = new Pass(this.#parts, this.#memory);
    const { auditSecret, dayMs } = this.#parts;
    const state = await lease.transact((rows) => begin(rows, { nowMs: pass.nowMs, dayMs }));
    const parts = { rows: () => pass.rows, auditSecret, nowMs: () => pass.nowMs };
    await drawQuestions(lease, state, parts);
    const calendar = calendarOf(state);
    const day = dayAt(calendar, pass.nowMs);
    const { round } = state;
    const audit = { day, round, nextDayMs: dayBeginsMs(calendar, day + 1), pass };
    const hasQuestions = await askDueQuestions(lease, day, pass);
    const hasWaits = await this.#tryWaits(lease, audit);
    const hasSlots = await this.#visitSlots(lease, audit);
    const hasMore = !this.#isStopped && (hasQuestions || hasWaits || hasSlots);
    return { figures: pass.figures, hasMore };
  }

  // ── What waited ─────────────────────────────────────────────────────────────────────────────────

  async #tryWaits(lease: Lease, audit: PackAudit): Promise<boolean> {
    const { pass } = audit;
    const due = await pass.rows
      .selectFrom('audit_waits')
      .selectAll()
      .where('next_ms', '<=', pass.nowMs)
      .orderBy('next_ms')
      .limit(MAX_WAITS)
      .execute();
    const byPack = Map.groupBy(due, (row) => `${row.member_id} ${row.pack_id}`);
    for (const waits of byPack.values()) {
      if (this.#isStopped) return true;
      await this.#tryPack(lease, waits, audit);
    }
    return due.length === MAX_WAITS;
  }

  async #tryPack(lease: Lease, waits: readonly AuditWaitsTable[], audit: PackAudit): Promise<void> {
    const [first] = waits;
    if (first === undefined) return;
    const pack = { memberId: first.member_id, packId: first.pack_id };
    const copies = await copiesOfPack(audit.pass.rows, pack);
    const turns: Turn[] = [];
    for (const wait of waits) {
      const copy = copies.find(({ storeId }) => storeId === wait.store_id);
      if (copy !== undefined) turns.push({ copy, kind: wait.kind, excuses: wait.excuses });
      else await lease.transact((rows) => putOffOrForget(rows, wait, audit.pass.nowMs));
    }
    if (turns.length > 0) await auditCopies(lease, turns, audit);
  }

  // ── What the round says ─────────────────────────────────────────────────────────────────────────

  /** True if slots that are due are left. */
  async #visitSlots(lease: Lease, audit: PackAudit): Promise<boolean> {
    const { pass } = audit;
    const state = must(await readState(pass.rows), 'the schedule has begun');
    const round = { beganMs: state.round_began_ms, roundMs: roundMsOf(state) };
    const due = slotsDue(round, pass.nowMs);
    const order = await this.#orderOf(state);
    let place = placeOf(state);
    let packs = 0;
    const isMuch = due - place.slot > LOOK_FROM_SLOTS;
    const occupied = isMuch ? await occupiedSlots(pass.rows) : undefined;
    while (place.slot < due && packs < MAX_PACKS && !this.#isStopped) {
      const slot = must(order[place.slot], 'a slot of this round');
      const isEmpty = occupied?.has(slot) === false;
      const page = isEmpty ? [] : await packsOfSlot(pass.rows, slot, place.after);
      for (const pack of page) {
        if (this.#isStopped) break;
        await this.#auditPack(lease, pack, { state, audit });
        place = { slot: place.slot, after: pack };
        await this.#leaveAt(lease, state, { place, pass });
        packs++;
      }
      if (page.length < PAGE_PACKS && !this.#isStopped) {
        place = { slot: place.slot + 1, after: undefined };
      }
    }
    await this.#leaveAt(lease, state, { place, pass });
    if (place.slot === SLOTS) this.#parts.onRound?.(state.round);
    return place.slot < due;
  }

  async #leaveAt(
    lease: Lease,
    state: AuditState,
    { place, pass }: { readonly place: SlotPlace; readonly pass: Pass },
  ): Promise<void> {
    await lease.transact((rows) => moveTo(rows, state, place, pass.nowMs));
  }

  async #auditPack(
    lease: Lease,
    pack: PackToAudit,
    { state, audit }: { readonly state: AuditState; readonly audit: PackAudit },
  ): Promise<void> {
    const { rows } = audit.pass;
    const waiting = await rows
      .selectFrom('audit_waits')
      .select('store_id')
      .where('member_id', '=', pack.memberId)
      .where('pack_id', '=', pack.packId)
      .execute();
    const kind = turnKind(this.#parts.auditSecret, pack.packId, state.round);
    // A copy that waits is looked at when its store allows it: its turn is not another one.
    const turns = (await copiesOfPack(rows, pack))
      .filter(({ storeId }) => !waiting.some((wait) => wait.store_id === storeId))
      .map((copy) => ({ copy, kind, excuses: 0 }));
    if (turns.length > 0) await auditCopies(lease, turns, audit);
  }

  async #orderOf({ round, round_day: day }: AuditState): Promise<readonly number[]> {
    if (this.#order?.round === round) return this.#order.slots;
    const { auditSecret, network } = this.#parts;
    const seed = await seedOfDay(network.database.kysely, auditSecret, day);
    this.#order = { round, slots: slotOrder(seed, round) };
    return this.#order.slots;
  }
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

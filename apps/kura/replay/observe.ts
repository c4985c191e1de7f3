// Watches the network's tables and shelves while a replay runs, and writes down what became of every copy and move. It
// decides nothing, and believes a row only as far as the shelf bears it out.
import { equalBytes, KuraError, type MemberId, must, type PackId, type StoreId } from '@kura/base';
import type { CoordinatorDatabase } from '@kura/coordinator';
import { COMING_STEPS, type MovesTable } from '@kura/coordinator/db/move-tables.ts';
import type { CopiesTable } from '@kura/coordinator/db/tables.ts';
import type {
  CopyLife,
  MoveLife,
  MoveState,
  Write,
} from '@kura/coordinator/hazards/replay/history.ts';
import { type FoundedReplay, packKey } from './found-replay.ts';
import type { Carry, LineLog } from './lines.ts';

const STATES: Readonly<Record<MovesTable['state'], MoveState>> = {
  planned: 'planned',
  approval: 'approval',
  running: 'running',
  done: 'done',
  failed: 'given up',
  vetoed: 'given up',
  dropped: 'given up',
};

interface HeldRow {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
}

export class Observer implements LineLog {
  readonly copies: CopyLife[] = [];
  readonly writes: Write[] = [];
  readonly moves: MoveLife[] = [];
  readonly #founded: FoundedReplay;
  readonly #held = new Map<string, CopyLife>();
  readonly #moves = new Map<string, MoveLife>();
  #fingerprint = '';

  constructor(founded: FoundedReplay) {
    this.#founded = founded;
  }

  // ── Lines ───────────────────────────────────────────────────────────────────────────────────────

  began({ memberId, packId, to }: Carry, fromMs: number): (toMs: number) => void {
    const site = this.#siteOf(to);
    const write = { pack: packKey(memberId, packId), site, fromMs, toMs: Number.POSITIVE_INFINITY };
    this.writes.push(write);
    return (toMs) => {
      write.toMs = toMs;
    };
  }

  // ── Tables ──────────────────────────────────────────────────────────────────────────────────────

  /** Takes in what has changed. Returns the moves that did. */
  async look(nowMs: number): Promise<readonly MoveLife[]> {
    await this.#lookAtCopies(nowMs);
    return this.#lookAtMoves(nowMs);
  }

  async #lookAtCopies(nowMs: number): Promise<void> {
    const fingerprint = await fingerprintOf(this.#database);
    if (fingerprint === this.#fingerprint) return;
    const isFirst = this.#fingerprint === '';
    this.#fingerprint = fingerprint;
    const rows: readonly HeldRow[] = await this.#database.kysely
      .selectFrom('copies')
      .select(['member_id', 'pack_id', 'store_id'])
      .where('state', '=', 'held')
      .execute();
    const left = new Set(this.#held.keys());
    for (const row of rows) {
      const key = copyKey(row);
      if (left.delete(key)) continue;
      const copy = this.#newCopy(row, { isFirst, nowMs });
      this.#held.set(key, copy);
      this.copies.push(copy);
    }
    for (const key of left) {
      must(this.#held.get(key), 'a copy that was held').retiredMs = nowMs;
      this.#held.delete(key);
    }
  }

  #newCopy(row: HeldRow, { isFirst, nowMs }: { isFirst: boolean; nowMs: number }): CopyLife {
    const pack = packKey(row.member_id, row.pack_id);
    const site = this.#siteOf(row.store_id);
    const write = this.writes.findLast((one) => one.pack === pack && one.site === site);
    return {
      ...{ pack, site, isFirst, retiredMs: undefined, isSound: true },
      isGiven: isFirst && this.#founded.givenPacks.has(pack),
      writtenFromMs: write?.fromMs ?? nowMs,
      heldFromMs: nowMs,
    };
  }

  async #lookAtMoves(nowMs: number): Promise<readonly MoveLife[]> {
    const rows = await this.#database.kysely.selectFrom('moves').selectAll().execute();
    const changed: MoveLife[] = [];
    for (const row of rows) {
      const known = this.#moves.get(row.move_id);
      const move = known ?? this.#newMove(row);
      const state = STATES[row.state];
      const isSame = known !== undefined && known.state === state && known.note === row.note;
      if (isSame) continue;
      move.state = state;
      move.note = row.note;
      move.isLate = row.is_late === 1;
      move.startedMs = row.started_ms ?? undefined;
      const isOver = state === 'done' || state === 'given up';
      move.endedMs = isOver ? (row.ended_ms ?? nowMs) : undefined;
      changed.push(move);
    }
    return changed;
  }

  #newMove(row: MovesTable): MoveLife {
    const siteOf = (id: StoreId | null): string | undefined =>
      id === null ? undefined : this.#siteOf(id);
    const move: MoveLife = {
      id: row.move_id,
      kind: row.kind,
      member: this.#founded.memberNames.get(row.member_id) ?? row.member_id,
      packs: row.packs,
      to: siteOf(row.to_store),
      from: siteOf(row.from_store),
      leaves: siteOf(row.leave_store),
      madeMs: row.made_ms,
      startedMs: undefined,
      endedMs: undefined,
      state: STATES[row.state],
      isLate: row.is_late === 1,
      reason: row.reason,
      note: '',
    };
    this.#moves.set(row.move_id, move);
    this.moves.push(move);
    return move;
  }

  // ── Questions ───────────────────────────────────────────────────────────────────────────────────

  /**
   * Packs that have enough copies at `standing` sites only if both of the pair count, one of them put there by the
   * network, and for which no further one is under way.
   */
  async reliantPacks(
    [one, other]: readonly [string, string],
    { standing, wanted }: { readonly standing: ReadonlySet<string>; readonly wanted: number },
  ): Promise<number> {
    const coming = await this.#comingPacks();
    const byPack = Map.groupBy(this.#held.values(), ({ pack }) => pack);
    let reliant = 0;
    for (const [pack, copies] of byPack) {
      const counted = copies.filter(({ site }) => standing.has(site));
      const pair = counted.filter(({ site }) => site === one || site === other);
      const isOwnDoing = pair.some(({ isGiven }) => !isGiven);
      const isEnough = counted.length === wanted;
      if (pair.length === 2 && isOwnDoing && isEnough && !coming.has(pack)) reliant++;
    }
    return reliant;
  }

  async #comingPacks(): Promise<ReadonlySet<string>> {
    const rows = await this.#database.kysely
      .selectFrom('move_packs')
      .select(['member_id', 'pack_id'])
      .where('step', 'in', [...COMING_STEPS])
      .execute();
    return new Set(rows.map((row) => packKey(row.member_id, row.pack_id)));
  }

  /** Has every shelf read what it holds: a row for which there are no whole bytes is no copy. */
  async inspectShelves(): Promise<void> {
    const rows = await this.#database.kysely.selectFrom('copies').selectAll().execute();
    for (const row of rows) {
      const copy = this.#held.get(copyKey(row));
      if (copy === undefined) continue;
      copy.isSound = await this.#isWhole(row.store_id, row);
    }
  }

  async #isWhole(storeId: StoreId, row: Pick<CopiesTable, 'copy_id' | 'root'>): Promise<boolean> {
    const { store } = this.#founded.shelves.shelf(storeId);
    try {
      const { root } = await store.acknowledge(row.copy_id);
      return equalBytes(root, row.root);
    } catch (error) {
      if (error instanceof KuraError) return false;
      throw error;
    }
  }

  get #database(): CoordinatorDatabase {
    return this.#founded.network.database;
  }

  #siteOf(id: StoreId): string {
    return this.#founded.shelves.shelf(id).site;
  }
}

const copyKey = (row: HeldRow): string => `${row.member_id} ${row.pack_id} ${row.store_id}`;

/** Changes with every copy that comes or goes. */
async function fingerprintOf({ kysely }: CoordinatorDatabase): Promise<string> {
  const { count, ticks } = await kysely
    .selectFrom('packs')
    .select((all) => [all.fn.countAll().as('count'), all.fn.sum('changed_at').as('ticks')])
    .executeTakeFirstOrThrow();
  return `${count} ${ticks}`;
}

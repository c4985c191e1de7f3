// Before anything is asked: which copy of each pack is fetched, which are compared with it, which are read in full by
// their stores, as turns say and as pairs and bounds allow. What cannot be looked at now waits.
import type { Rows } from '../db/tables.ts';
import { LineBudget } from './bounds.ts';
import { putWait } from './note-outcomes.ts';
import { takePairs } from './pair-rows.ts';
import type { MadePair } from './pairs.ts';
import { leadOf } from './plan/rounds.ts';
import { type BatchAudit, OFFLINE_WAIT_MS, type PackTurns, type Turn } from './turns.ts';

export interface PairedTurn {
  readonly turn: Turn;
  readonly pair: MadePair;
}

/** What of one pack is looked at now. */
export interface ReadyPack {
  /** The first one is fetched, and the others are compared with it. */
  readonly toCompare: readonly Turn[];
  readonly toRead: readonly PairedTurn[];
}

/** Pairs are spent, and it is noted why other copies wait. */
export async function makeReady(
  rows: Rows,
  packs: readonly PackTurns[],
  audit: BatchAudit,
): Promise<readonly ReadyPack[]> {
  const { pass, day } = audit;
  const lines = new LineBudget(rows, { day, leafBytes: pass.leafBytes });
  const here = await turnsHere(rows, packs, audit);
  const inFull = here.flat().filter(({ kind }) => kind === 'full-read');
  const pairs = await takePairs(rows, copiesOf(inFull));
  const ready: ReadyPack[] = [];
  for (const turns of here) {
    const toRead = paired(turns, pairs);
    const others = turns.filter(({ copy }) => !pairs.has(copy));
    const toCompare = await leadFirst(others, { audit, lines });
    if (toCompare !== undefined) ready.push({ toCompare, toRead });
    else
      ready.push({ toCompare: [], toRead: [...toRead, ...(await bounded(rows, others, audit))] });
  }
  return ready;
}

/** Of each pack those whose store can be asked. */
async function turnsHere(
  rows: Rows,
  packs: readonly PackTurns[],
  { pass }: BatchAudit,
): Promise<readonly PackTurns[]> {
  const here: Turn[][] = [];
  for (const turns of packs) {
    const answering: Turn[] = [];
    for (const turn of turns) {
      if (pass.parts.audited(turn.copy.storeId) !== undefined) answering.push(turn);
      else {
        const nextMs = pass.nowMs + OFFLINE_WAIT_MS;
        pass.figures.waiting++;
        await putWait(rows, turn.copy, { ...turn, nextMs, why: 'its store does not answer' });
      }
    }
    here.push(answering);
  }
  return here;
}

interface Choosing {
  readonly audit: BatchAudit;
  readonly lines: LineBudget;
}

/** The next lead in turn whose store's line has room for it today; undefined if none has. */
async function leadFirst(
  turns: readonly Turn[],
  { audit, lines }: Choosing,
): Promise<readonly Turn[] | undefined> {
  const [any] = turns;
  if (any === undefined) return [];
  const { round, pass } = audit;
  const { packId, leafCount } = any.copy;
  const first = leadOf(pass.parts.auditSecret, packId, { round, copies: turns.length });
  for (const lead of [...turns.slice(first), ...turns.slice(0, first)]) {
    const { storeId } = lead.copy;
    if (!(await lines.take(storeId, leafCount * pass.leafBytes))) continue;
    return [lead, ...turns.filter((turn) => turn !== lead)];
  }
  return undefined;
}

/** No line has room: those that have a pair are read in full, the others wait. */
async function bounded(
  rows: Rows,
  turns: readonly Turn[],
  { pass, nextDayMs }: BatchAudit,
): Promise<readonly PairedTurn[]> {
  const toFetch = turns.filter(({ kind }) => kind === 'compare');
  const pairs = await takePairs(rows, copiesOf(toFetch));
  for (const turn of turns) {
    if (pairs.has(turn.copy)) continue;
    pass.figures.waiting++;
    const why = 'what may go over the line in a day is spent';
    await putWait(rows, turn.copy, { ...turn, nextMs: nextDayMs, why });
  }
  return paired(turns, pairs);
}

function paired(
  turns: readonly Turn[],
  pairs: ReadonlyMap<Turn['copy'], MadePair>,
): readonly PairedTurn[] {
  return turns.flatMap((turn) => {
    const pair = pairs.get(turn.copy);
    return pair === undefined ? [] : [{ turn, pair }];
  });
}

function copiesOf(turns: readonly Turn[]): readonly Turn['copy'][] {
  return turns.map(({ copy }) => copy);
}

// Goal: verdicts at the edges that a replay seldom meets: a row without bytes, a writing that came to nothing, a minute
// too late, an end that is exactly the limit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outageAt } from '../fixtures.ts';
import type { Check } from './check.ts';
import type { CopyLife, History, Look, MoveLife } from './history.ts';
import { judgeAll } from './judge.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

const copyOf = (fields: Partial<CopyLife> = {}): CopyLife => ({
  ...{ pack: 'p', site: 'osaka', isFirst: false, isGiven: false },
  ...{ writtenFromMs: NOON - 10, heldFromMs: NOON, retiredMs: undefined, isSound: true },
  ...fields,
});

const moveOf = (fields: Partial<MoveLife> = {}): MoveLife => ({
  ...{ id: 'm', kind: 'add', member: 'ann', packs: 1, to: 'osaka', from: 'tokyo', leaves: 'kobe' },
  ...{ madeMs: NOON - 20, startedMs: NOON - 10, endedMs: NOON, state: 'done', isLate: false },
  ...{ reason: 'a flood', note: '' },
  ...fields,
});

function holds(check: Check, history: Partial<History>): boolean {
  const whole: History = {
    ...{ startMs: NOON - 100, endMs: NOON + 100, pairs: [], looks: [] },
    powerAreas: new Map([
      ['osaka', 'west'],
      ['tokyo', 'east'],
    ]),
    packs: [{ key: 'p', member: 'ann', level: 2, firstSites: ['kobe'] }],
    ...{ copies: [], writes: [], moves: [] },
    ...history,
  };
  return judgeAll([check], whole).every(({ violated }) => !violated);
}

describe('a copy added', () => {
  const packs = { text: 'every pack', at: undefined, level: undefined, member: undefined };
  const check: Check = {
    ...{ id: 'a', kind: 'copy_added', packs, byMs: NOON, notAt: [], notInPowerArea: [] },
  };

  it('counts from its switch, to the millisecond, and only whole', () => {
    assert.ok(holds(check, { copies: [copyOf()] }));
    assert.ok(!holds(check, { copies: [copyOf({ heldFromMs: NOON + 1 })] }));
    assert.ok(!holds(check, { copies: [copyOf({ isSound: false })] }));
    assert.ok(!holds(check, { copies: [copyOf({ isFirst: true })] }));
    assert.ok(!holds(check, { copies: [copyOf({ pack: 'q' })] }));
  });

  it('is judged for the packs that are named', () => {
    const of = (fields: object): Check => ({ ...check, packs: { ...packs, ...fields } }) as Check;
    for (const fields of [{ at: ['kobe'] }, { level: 2 }, { member: 'ann' }]) {
      assert.ok(holds(of(fields), { copies: [copyOf()] }));
    }
    for (const fields of [{ at: ['osaka'] }, { level: 1 }, { member: 'bob' }]) {
      assert.ok(!holds(of(fields), { copies: [copyOf()] }), 'there is no such pack');
    }
  });
});

describe('a copy kept', () => {
  const check: Check = { id: 'k', kind: 'copy_kept', site: 'osaka', untilMs: NOON };

  it('may go when the time is over, and must be whole', () => {
    assert.ok(holds(check, { copies: [copyOf({ retiredMs: NOON })] }));
    assert.ok(!holds(check, { copies: [copyOf({ retiredMs: NOON - 1 })] }));
    assert.ok(!holds(check, { copies: [copyOf({ isSound: false })] }));
  });
});

describe('no copy placed', () => {
  const check: Check = {
    ...{ id: 'n', kind: 'no_copy_placed_in', powerArea: 'west', fromMs: NOON, toMs: NOON + 10 },
  };

  it('is violated by writing that comes to nothing, or began before', () => {
    const write = (fromMs: number, toMs: number): Partial<History> => ({
      writes: [{ pack: 'p', site: 'osaka', fromMs, toMs }],
    });
    assert.ok(holds(check, write(NOON - 10, NOON - 1)));
    assert.ok(!holds(check, write(NOON - 10, NOON + 1)));
    assert.ok(!holds(check, write(NOON + 10, Number.POSITIVE_INFINITY)));
    assert.ok(holds(check, write(NOON + 11, NOON + 20)));
    assert.ok(holds({ ...check, powerArea: 'KR' }, write(NOON, NOON)), 'no store is there');
    assert.ok(!holds({ ...check, powerArea: 'north' }, {}), 'nobody knows it');
  });
});

describe('moves', () => {
  it('that were only planned have left no site; what was refused is not unfinished', () => {
    const left: Check = { id: 'l', kind: 'no_move_from', site: 'kobe' };
    assert.ok(!holds(left, { moves: [moveOf()] }));
    assert.ok(holds(left, { moves: [moveOf({ startedMs: undefined, state: 'given up' })] }));
    const done: Check = { id: 'd', kind: 'moves_complete', byMs: NOON };
    assert.ok(holds(done, { moves: [moveOf()] }));
    assert.ok(!holds(done, { moves: [moveOf({ endedMs: NOON + 1 })] }));
    assert.ok(!holds(done, { moves: [moveOf({ endedMs: undefined, state: 'approval' })] }));
    assert.ok(holds(done, { moves: [moveOf({ madeMs: NOON + 1, endedMs: undefined })] }));
  });
});

describe('risk above base', () => {
  const check: Check = {
    ...{ id: 'r', kind: 'risk_above_base', site: 'osaka', outcome: 'lost', untilMs: NOON },
  };
  const look = (atMs: number, lost: number): Look => ({
    ...{ atMs, pairs: [], winds: new Map(), events: [outageAt('osaka')] },
    risks: new Map([
      ['osaka', { lost, unreachable: 0, base: { lost: 0.1, unreachable: 0 }, causes: [] }],
    ]),
  });

  it('may fall when the time is over, and not before', () => {
    assert.ok(holds(check, { looks: [look(NOON - 1, 0.2), look(NOON, 0.1)] }));
    assert.ok(!holds(check, { looks: [look(NOON - 2, 0.2), look(NOON - 1, 0.1)] }));
    assert.ok(!holds(check, { looks: [look(NOON, 0.1)] }), 'what is known first is judged');
    assert.ok(!holds(check, { looks: [look(NOON + 1, 0.2)] }), 'nothing was known by then');
  });
});

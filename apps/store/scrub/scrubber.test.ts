// Goal (A11): a store checks itself for as long as it runs: every copy within its round, as fast as it may and no
// faster, and after a kill it goes on where it stood.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CopyId, copyId, DAY_MS, KuraError, MIB, MINUTE_MS, SECOND_MS } from '@kura/base';
import type { CopyStat, ScrubResult } from '@kura/contract';
import { ManualAlarmClock } from '@kura/testing';
import { PLANNED_ROUND_MS, pauseBefore, ROUND_MS } from './pace.ts';
import { decodeScrubState, encodeScrubState, type ScrubState } from './scrub-state.ts';
import { Scrubber } from './scrubber.ts';

const LEAF_BYTES = 64 * 1024;
const LEAVES = 256;

function copiesOf(count: number): CopyId[] {
  return Array.from({ length: count }, (_, index) => copyId(index.toString(16).padStart(64, '0')));
}

/** A shelf that answers at once, and what was asked of it. */
class Bench {
  readonly clock = new ManualAlarmClock();
  readonly checked: { readonly id: CopyId; readonly atMs: number }[] = [];
  readonly failures: (CopyId | undefined)[] = [];
  readonly saved: Uint8Array[] = [];
  copies: readonly CopyId[];
  failure: (id: CopyId) => KuraError | undefined = () => undefined;

  constructor(count: number) {
    this.copies = copiesOf(count);
  }

  get state(): ScrubState | undefined {
    return decodeScrubState(this.saved.at(-1));
  }

  open(bytesPerSecond = 0): Scrubber {
    return new Scrubber({
      keeper: {
        enumerate: () => this.#enumerate(),
        scrub: async (id) => this.#scrub(id),
        stat: async (id) => ({ copyId: id, leafCount: LEAVES }) as CopyStat,
      },
      leafBytes: LEAF_BYTES,
      bytesPerSecond,
      clock: this.clock,
      state: this.state,
      save: async (state) => void this.saved.push(encodeScrubState(state)),
      onChecked: () => undefined,
      onFailure: (_, id) => void this.failures.push(id),
    });
  }

  async *#enumerate(): AsyncGenerator<CopyId> {
    yield* this.copies;
  }

  #scrub(id: CopyId): ScrubResult {
    this.checked.push({ id, atMs: this.clock.nowMs() });
    const failure = this.failure(id);
    if (failure !== undefined) throw failure;
    return { copyId: id, state: 'intact', badLeaves: [] };
  }

  /** Moves time from alarm to alarm until `isDone`. */
  async runUntil(isDone: () => boolean): Promise<void> {
    await this.settle();
    for (let turns = 0; !isDone(); turns++) {
      assert.ok(turns < 100_000, 'it does not come to that');
      const nextMs = this.clock.nextMs({ except: [] });
      if (Number.isFinite(nextMs)) this.clock.advance(nextMs);
      await this.settle();
    }
  }

  /** Whatever needs no time has happened. */
  async settle(): Promise<void> {
    await new Promise(setImmediate);
  }
}

describe('the pace of a store that checks itself', () => {
  test('A11: every byte is read within 14 days, also after two days of absence', async () => {
    const bench = new Bench(2000);
    const first = bench.open();
    first.start();
    await bench.runUntil(() => bench.checked.length === 1000);
    await first.stop();
    bench.clock.advance(2 * DAY_MS);
    const second = bench.open();
    second.start();
    await bench.runUntil(() => bench.checked.length === 4000);
    await second.stop();
    const times = new Map<CopyId, number[]>();
    for (const { id, atMs } of bench.checked) times.set(id, [...(times.get(id) ?? []), atMs]);
    assert.equal(times.size, 2000);
    const longest = Math.max(...[...times.values()].map(([a = 0, b = 0]) => b - a));
    assert.ok(longest > 0 && longest <= ROUND_MS, `${longest / DAY_MS} days between two reads`);
  });

  test('a limit is never passed, and what is late reads at the limit', () => {
    const bytes = 16 * MIB;
    const late = { nowMs: 20 * DAY_MS, roundMs: 0, copiesLeft: 10, bytes };
    assert.equal(pauseBefore({ ...late, bytesPerSecond: MIB }), 16 * SECOND_MS);
    assert.equal(pauseBefore({ ...late, bytesPerSecond: 0 }), 0);
    const early = { ...late, nowMs: 0, copiesLeft: 1_000_000, bytesPerSecond: MIB };
    assert.equal(pauseBefore(early), 16 * SECOND_MS);
    const spread = { ...late, nowMs: 0, copiesLeft: 100_000, bytesPerSecond: 16 * MIB };
    assert.equal(pauseBefore(spread), PLANNED_ROUND_MS / 100_000);
  });
});

describe('a store that checks itself', () => {
  test('A11: after a kill it goes on where it stood, a minute back at the most', async () => {
    const bench = new Bench(400);
    const killed = bench.open();
    killed.start();
    await bench.runUntil(() => bench.checked.length === 200);
    // Killed: nothing more is saved. The next process knows what the last save said.
    const after = bench.state?.after;
    const before = bench.checked.length;
    await killed.stop();
    bench.saved.pop();
    assert.ok(after !== undefined && after >= (bench.copies[198] ?? ''));
    const next = bench.open();
    next.start();
    await bench.runUntil(() => bench.checked.length > before);
    await next.stop();
    assert.ok((bench.checked[before]?.id ?? '') > after);
    const roundMs = bench.state?.roundMs;
    assert.equal(roundMs, decodeScrubState(bench.saved[0])?.roundMs, 'the same round goes on');
  });

  test('a round counts as whole only if every copy of it was judged', async () => {
    const bench = new Bench(3);
    const bad = bench.copies[1];
    bench.failure = (id) => (id === bad ? new KuraError('io', 'it cannot be judged') : undefined);
    const scrubber = bench.open();
    scrubber.start();
    await bench.runUntil(() => bench.checked.length === 4);
    assert.equal(scrubber.state.wholeRoundMs, 0);
    assert.deepEqual(bench.failures, [bad]);
    bench.failure = () => undefined;
    const { roundMs } = scrubber.state;
    await bench.runUntil(() => bench.checked.length === 7);
    assert.equal(scrubber.state.wholeRoundMs, roundMs);
    await scrubber.stop();
  });

  test('a shelf that is not there is no copy that is, and is looked for again', async () => {
    const bench = new Bench(3);
    bench.failure = () => new KuraError('unreachable', 'the disk is not there');
    const scrubber = bench.open();
    scrubber.start();
    await bench.runUntil(() => bench.checked.length === 1);
    assert.deepEqual([scrubber.state.after, bench.failures], ['', [undefined]]);
    bench.failure = () => undefined;
    const atMs = bench.clock.nowMs();
    await bench.runUntil(() => bench.checked.length === 2);
    assert.equal(bench.checked[1]?.id, bench.copies[0]);
    assert.equal((bench.checked[1]?.atMs ?? 0) - atMs, MINUTE_MS);
    await scrubber.stop();
  });

  test('a state that is damaged, or from the future, begins a round anew', () => {
    const bench = new Bench(1);
    for (const text of ['', '{', '{"version":2}', '[]']) {
      assert.equal(decodeScrubState(new Uint8Array(Buffer.from(text))), undefined, text);
    }
    bench.clock.advance(DAY_MS);
    const { state } = bench.open();
    const late = { ...state, roundMs: state.roundMs + DAY_MS, after: bench.copies[0] ?? '' };
    bench.saved.push(encodeScrubState(late));
    assert.equal(bench.open().state.after, '');
  });
});

// R15: whatever part of a history is taken away or brought back, whoever remembers it sees it; and an honest history
// never raises an alarm.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceId, type SnapshotId, snapshotId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { compareHistory, type FindingKind, type ShownHead } from './compare-history.ts';
import {
  decodeHistory,
  encodeHistory,
  type KnownHistory,
  mergeHistories,
  NOTHING_KNOWN,
} from './known-history.ts';

const idOf = (number: number): SnapshotId => snapshotId(number.toString(16).padStart(64, '0'));
const DEVICE = deviceId('d'.repeat(32));

/** Each names the one before. */
function chain(length: number): ShownHead[] {
  return Array.from({ length }, (_, index) => ({
    ...{ snapshotId: idOf(index), deviceId: DEVICE, leafIndex: 10 * index, timeMs: 1000 + index },
    names: index === 0 ? [] : [idOf(index - 1)],
  }));
}

function knowing(heads: readonly ShownHead[], forgotten: readonly SnapshotId[] = []): KnownHistory {
  const standing = new Map(heads.map(({ names: _, ...head }) => [head.snapshotId, head]));
  return { ...NOTHING_KNOWN, standing, forgotten: new Set(forgotten) };
}

function showing(heads: readonly ShownHead[], forgotten: readonly SnapshotId[] = []) {
  return {
    heads,
    unreadable: new Set<SnapshotId>(),
    forgotten: new Set(forgotten),
    isCurrent: true,
  };
}

const kinds = (known: KnownHistory, shown: ReturnType<typeof showing>): FindingKind[] =>
  compareHistory(known, shown).map(({ kind }) => kind);

describe('a history that is compared with what is known of it', () => {
  const five = chain(5);

  it('is as it was: no finding, with or without a memory', () => {
    assert.deepEqual(kinds(knowing(five), showing(five)), []);
    assert.deepEqual(kinds(NOTHING_KNOWN, showing(five)), []);
    assert.deepEqual(kinds(knowing(five), showing(chain(7))), []);
  });

  it('R15: without its end it is older, and every absent head is named', () => {
    const findings = compareHistory(knowing(five), showing(five.slice(0, 3)));
    assert.deepEqual(
      findings.map(({ kind, snapshotId: id, known }) => [kind, id, known?.leafIndex]),
      [
        ['older', idOf(3), 30],
        ['older', idOf(4), 40],
      ],
    );
    assert.deepEqual(kinds(knowing(five), showing([])), Array(5).fill('older'));
  });

  it('R15: with another end it is forked', () => {
    const other: ShownHead = {
      ...{ snapshotId: idOf(99), deviceId: DEVICE, leafIndex: 31, timeMs: 5 },
      names: [idOf(2)],
    };
    const shown = showing([...five.slice(0, 3), other]);
    assert.deepEqual(kinds(knowing(five), shown), ['forked', 'forked']);
  });

  it('R15: with a gap it is missing something, also for whoever knows nothing', () => {
    const shown = showing(five.filter((_, index) => index !== 2));
    assert.deepEqual(kinds(knowing(five), shown), ['missing']);
    const [finding] = compareHistory(NOTHING_KNOWN, shown);
    assert.deepEqual([finding?.snapshotId, finding?.namedBy], [idOf(2), idOf(3)]);
  });

  it('R15: without its beginning it is missing something, also for whoever knows nothing', () => {
    assert.deepEqual(kinds(NOTHING_KNOWN, showing(five.slice(3))), ['missing']);
  });

  it('what the owner forgot is not missed, and is seen when it comes back', () => {
    const rest = five.filter((_, index) => index !== 2);
    assert.deepEqual(kinds(knowing(five), showing(rest, [idOf(2)])), []);
    assert.deepEqual(kinds(NOTHING_KNOWN, showing(rest, [idOf(2)])), []);
    assert.deepEqual(kinds(knowing(rest, [idOf(2)]), showing(five)), ['returned']);
    // A catalogue may be older than the order.
    const catalogue = { ...showing(five), isCurrent: false };
    assert.deepEqual(kinds(knowing(rest, [idOf(2)]), catalogue), []);
  });

  it('a head at another place of the log is seen', () => {
    const moved = five.map((head, index) => (index === 4 ? { ...head, leafIndex: 77 } : head));
    assert.deepEqual(kinds(knowing(five), showing(moved)), ['moved']);
  });

  it('a head whose record cannot be read now is not missed', () => {
    const shown = { ...showing(five.slice(0, 4)), unreadable: new Set([idOf(4)]) };
    assert.deepEqual(kinds(knowing(five), shown), []);
  });

  it('R15: any set of heads that is taken away or brought back is seen, in every one of 2,000 runs', () => {
    const random = new SeededRandom(15);
    for (let run = 0; run < 2000; run++) {
      const heads = chain(1 + random.below(12));
      const forgotten = heads.filter(() => random.below(4) === 0).map((head) => head.snapshotId);
      const honest = heads.filter(({ snapshotId: id }) => !forgotten.includes(id));
      const known = knowing(honest, forgotten);
      assert.deepEqual(kinds(known, showing(honest, forgotten)), [], `run ${run}`);
      const taken = honest.filter(() => random.below(3) === 0);
      const back = heads.filter(
        ({ snapshotId: id }) => forgotten.includes(id) && random.below(3) === 0,
      );
      const shown = [...honest.filter((head) => !taken.includes(head)), ...back];
      const found = compareHistory(known, showing(shown, forgotten));
      const named = new Set(found.map((finding) => finding.snapshotId));
      for (const { snapshotId: id } of [...taken, ...back]) assert.ok(named.has(id), `run ${run}`);
      assert.equal(named.size, taken.length + back.length, `run ${run}: nothing else is named`);
    }
  });
});

describe('what is known of a history', () => {
  const known: KnownHistory = {
    ...knowing(chain(3), [idOf(7), idOf(8)]),
    accepted: new Map([[idOf(9), 5]]),
    ordersRead: 12,
    checkpoints: ['log\n1\nabc\n', 'log\n2\ndef\n'],
  };

  it('is the same after it was written and read', () => {
    assert.deepEqual(decodeHistory(encodeHistory(known)), known);
    assert.deepEqual(decodeHistory(encodeHistory(NOTHING_KNOWN)), NOTHING_KNOWN);
  });

  it('is refused when it is cut or grows, at every byte', () => {
    const bytes = encodeHistory(known);
    for (let end = 0; end < bytes.length; end++) {
      assert.throws(() => decodeHistory(bytes.slice(0, end)), { code: /corrupt|unsupported/ });
    }
    assert.throws(() => decodeHistory(new Uint8Array([...bytes, 0])), { code: 'corrupt' });
  });

  it('of two places is all that either knows, without what either knows as gone', () => {
    const one = knowing(chain(3));
    const other = knowing(chain(5).slice(3), [idOf(1)]);
    const both = mergeHistories(one, other);
    assert.deepEqual([...both.standing.keys()].sort(), [idOf(0), idOf(2), idOf(3), idOf(4)]);
    assert.deepEqual([...both.forgotten], [idOf(1)]);
  });
});

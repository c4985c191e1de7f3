// Goal: what facts mean, one table of them; no verdict accuses on one sign that an honest store could show (rows
// A11, A12, R26).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyId, GIB } from '@kura/base';
import type { Facts, Seen } from './facts.ts';
import { judge } from './judge.ts';
import { MAX_PLACES_PER_DEVICE, rateOf, upperBound } from './rate.ts';
import { at, examined, facts, otherHash, sawWrong, wrong } from './test-evidence.ts';
import { ACCUSATIONS, type VerdictKind } from './verdict.ts';

const spread = (count: number) => Array.from({ length: count }, (_, index) => wrong(index * 10));
const medium = { mediumErrors: 2 };
const hollow = (timeMs: number): Seen => ({
  ...{ class: 'wrong', source: 'full-read', timeMs, leaves: [], answered: [] },
  fullRead: { state: 'read', isRootRight: true, isTagRight: false },
});
const refused = (timeMs: number): Seen => ({
  ...{ class: 'refused', source: 'leaves', timeMs, leaves: [], answered: [], fullRead: undefined },
});
const elsewhere = (index: number, places: number, fields = {}) =>
  examined({
    copyId: copyId(index.toString(16).padStart(64, '0')),
    ...{ state: 'healed', leafCount: 256, findings: spread(places), ...fields },
  });

const CASES: readonly (readonly [string, VerdictKind, Partial<Facts>])[] = [
  ['a leaf that was healed', 'decay', {}],
  [
    'sectors beyond parity',
    'decay',
    {
      examinations: [
        at(2000, { state: 'damaged', leafCount: 256, findings: spread(6), ...medium }),
      ],
    },
  ],
  [
    'a burst beyond parity',
    'decay',
    {
      examinations: [
        at(2000, {
          state: 'damaged',
          findings: [0, 1, 2, 3, 4].map((leaf) => wrong(leaf)),
          leafCount: 256,
        }),
      ],
    },
  ],
  [
    'several places, and a clean medium',
    'unexplained',
    { examinations: [at(2000, { state: 'damaged', leafCount: 256, findings: spread(5) })] },
  ],
  [
    'a copy that is gone',
    'loss',
    {
      examinations: [
        at(2000, { state: 'missing', leafCount: 0, root: new Uint8Array(32), parity: 'damaged' }),
      ],
    },
  ],
  [
    'a copy of which all is wrong',
    'loss',
    {
      examinations: [
        at(2000, { state: 'damaged', leafCount: 4, wrongLeaves: 4, findings: [wrong(0)] }),
      ],
    },
  ],
  [
    'bytes of another leaf',
    'misdirected',
    {
      examinations: [
        at(2000, {
          state: 'healed',
          findings: [
            wrong(1, { kind: 'foreign', foreign: { copyId: copyId('09'.repeat(32)), leaf: 3 } }),
          ],
        }),
      ],
    },
  ],
  ['an error that did not come back', 'passing', { examinations: [at(2000)] }],
  [
    'whole, and wrong again',
    'unexplained',
    { examinations: [at(2000)], seen: [sawWrong(1000), sawWrong(3000, 1)] },
  ],
  [
    'a mirror with two minds',
    'unexplained',
    { examinations: [at(2000)], seen: [sawWrong(1000), sawWrong(3000)] },
  ],
  ['no answer', 'outage', { examinations: [], seen: [{ ...refused(1), class: 'late' }] }],
  ['nobody may look, and wrong bytes are signed', 'unexplained', { examinations: [] }],
  [
    'parity made anew, and the leaf answered wrong',
    'tampering',
    { examinations: [at(2000, { state: 'damaged', parity: 'changed', findings: [wrong(1)] })] },
  ],
  [
    'parity made anew, once and seen by nobody else',
    'unexplained',
    {
      seen: [],
      examinations: [at(2000, { state: 'damaged', parity: 'changed', findings: [wrong(1)] })],
    },
  ],
  [
    'a table made anew, on two days',
    'tampering',
    { seen: [], examinations: [at(2000, { root: otherHash() }), at(9000, { root: otherHash() })] },
  ],
  [
    'the same finding, told twice',
    'unexplained',
    {
      seen: [],
      examinations: [
        at(2000, { state: 'damaged', parity: 'changed', findings: [wrong(1)] }),
        at(9000, { foundMs: 2000, state: 'damaged', parity: 'changed', findings: [wrong(1)] }),
      ],
    },
  ],
  [
    'other bytes three times, intact in between: a memory may err so',
    'unexplained',
    {
      examinations: [at(2000), at(4000)],
      seen: [sawWrong(1000, 0), sawWrong(3000, 1), sawWrong(5000, 2)],
    },
  ],
  [
    'other bytes five times, intact in between',
    'rogue',
    {
      examinations: [at(2000), at(4000), at(6000), at(8000)],
      seen: [1, 3, 5, 7, 9].map((second, which) => sawWrong(second * 1000, which)),
    },
  ],
  ['hashes without bytes, once', 'passing', { examinations: [at(2000)], seen: [hollow(1000)] }],
  [
    'hashes without bytes, and a contradiction',
    'rogue',
    { examinations: [at(2000)], seen: [hollow(500), sawWrong(1000), sawWrong(3000), hollow(4000)] },
  ],
  [
    'audits refused, others answered',
    'unexplained',
    { examinations: [at(2000)], seen: [refused(1000), refused(1500), refused(3000)] },
  ],
  [
    'many places, reported by itself',
    'unexplained',
    {
      examinations: [
        at(2000, { state: 'damaged', leafCount: 256, findings: spread(8), reportedBefore: true }),
      ],
    },
  ],
  [
    'many places, and a lie',
    'tampering',
    {
      examinations: [at(2000), at(4000, { state: 'damaged', leafCount: 256, findings: spread(8) })],
      seen: [sawWrong(1000), sawWrong(3000)],
    },
  ],
  [
    'many places that were reported, and a mirror with two minds',
    'unexplained',
    {
      examinations: [
        at(2000),
        at(4000, { state: 'damaged', leafCount: 256, findings: spread(8), reportedBefore: true }),
      ],
      seen: [sawWrong(1000), sawWrong(3000)],
    },
  ],
  ['too many failures to be itself', 'rogue', { failures: 3 }],
  ['a failure to be itself', 'decay', { failures: 2 }],
];

describe('a verdict', () => {
  for (const [name, kind, more] of CASES) {
    it(`A12: ${name}: ${kind}`, () => {
      const verdict = judge(facts(more));
      assert.equal(verdict.kind, kind, verdict.reason);
    });
  }

  it('A12: one kind of signs alone accuses nobody, unless the store said it twice', () => {
    for (const [name, , more] of CASES) {
      const { kind, signs } = judge(facts(more));
      const kinds = new Set(signs.map((sign) => sign.kind));
      if (kinds.size === 1 && kinds.has('amount')) assert.ok(!ACCUSATIONS.includes(kind), name);
    }
  });

  it('A12: says where the difference is, in bytes of the copy', () => {
    const found = [wrong(1), wrong(2, { blocks: 3 }), wrong(9)];
    const { places } = judge(
      facts({ examinations: [at(2000, { state: 'healed', findings: found })] }),
    );
    assert.deepEqual(places, [
      { firstLeaf: 1, leaves: 2, firstByte: 65_536, bytes: 131_072, blocks: 4 },
      { firstLeaf: 9, leaves: 1, firstByte: 9 * 65_536, bytes: 65_536, blocks: 1 },
    ]);
  });
});

describe('the rate of a device', () => {
  it('R26: more places than devices have are not decay, whatever the medium says', () => {
    const device = (count: number) => ({
      heldBytes: 1e12,
      examinations: Array.from({ length: count }, (_, index) => elsewhere(index, 1, medium)),
    });
    const of = (count: number) => judge(facts({ device: device(count) })).kind;
    assert.equal(of(MAX_PLACES_PER_DEVICE - 1), 'decay');
    assert.equal(of(MAX_PLACES_PER_DEVICE), 'unexplained');
  });

  it('R26: without an error of the medium fewer places are plausible', () => {
    const silent = Array.from({ length: 9 }, (_, index) => elsewhere(index, 1));
    assert.equal(rateOf(silent, 10 * GIB).isPlausible, false);
    assert.equal(rateOf(silent.slice(1), 10 * GIB).isPlausible, true);
    const withErrors = silent.map((_, index) => elsewhere(index, 1, medium));
    assert.equal(rateOf(withErrors, 10 * GIB).isPlausible, true);
  });

  it('counts a copy once, by its last examination, and losses apart', () => {
    const first = elsewhere(1, 3, { timeMs: 1 });
    const second = elsewhere(1, 1, { timeMs: 2 });
    const gone = elsewhere(2, 0, { state: 'missing' });
    const { places, lost } = rateOf([second, first, gone], GIB);
    assert.deepEqual([places, lost], [1, 1]);
  });

  it('has the exact bound of Poisson: half of the 99 % quantile of chi-square with 2 n + 2 degrees', () => {
    assert.ok(Math.abs(upperBound(0) - 4.6052) < 1e-3);
    assert.ok(Math.abs(upperBound(1) - 6.6384) < 1e-3);
    assert.ok(Math.abs(upperBound(10) - 20.1447) < 1e-3);
    assert.ok(upperBound(3000) > 3000 && upperBound(3000) < 3200);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyId, packId, storeId } from '@kura/base';
import type { CopyState, NetworkDescription, PackRow, PackState } from '@kura/contract';
import { AWAY_COUNTS_MS, isStrong, strengthOf } from './strength.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const STORES = ['aa', 'bb', 'cc'].map((byte) => storeId(byte.repeat(16)));

/** Two copies wanted; store `n` has been away since `awaySinceMs[n]`. */
function network(
  awaySinceMs: readonly (number | undefined)[],
): Pick<NetworkDescription, 'copies' | 'stores'> {
  return {
    copies: 2,
    stores: STORES.map((id, index) => {
      const since = awaySinceMs[index];
      return {
        identity: {
          storeId: id,
          publicKey: new Uint8Array(32),
          suite: 'chacha20',
          place: { city: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'jp-west' },
          inventoryEpoch: 1,
        },
        state: since === undefined ? 'active' : 'unreachable',
        ...(since === undefined ? {} : { awaySinceMs: since }),
        location: '/store',
        baseRisk: 0.001,
        freeBytes: 1,
      };
    }),
  };
}

function pack(copies: readonly (CopyState | undefined)[], state: PackState = 'standing'): PackRow {
  return {
    packId: packId('12'.repeat(32)),
    leafCount: 4,
    state,
    markedMs: undefined,
    copies: copies.flatMap((copy, index) => {
      const id = STORES[index];
      if (copy === undefined || id === undefined) return [];
      const row = { storeId: id, copyId: copyId('34'.repeat(32)), root: new Uint8Array(32) };
      return [{ ...row, state: copy, reason: '' }];
    }),
  };
}

const isStrongWith = (row: PackRow, ...away: (number | undefined)[]): boolean =>
  isStrong(row, strengthOf(network(away), NOW_MS));

describe('which copies count for deduplication', () => {
  it('C2: a pack counts with as many held copies as the network keeps, and not with one less', () => {
    assert.equal(isStrongWith(pack(['held', 'held'])), true);
    assert.equal(isStrongWith(pack(['held', undefined])), false);
    assert.equal(isStrongWith(pack(['held', 'damaged'])), false);
    assert.equal(isStrongWith(pack(['held', 'damaged', 'held'])), true);
    assert.equal(isStrongWith(pack(['held', 'lost'])), false);
  });

  it('a store that is away counts for seven days, and not a millisecond longer', () => {
    const row = pack(['held', 'held']);
    assert.equal(isStrongWith(row, NOW_MS), true);
    assert.equal(isStrongWith(row, NOW_MS - AWAY_COUNTS_MS), true);
    assert.equal(isStrongWith(row, NOW_MS - AWAY_COUNTS_MS - 1), false);
  });

  it('a store that is long away weakens only what needs it', () => {
    const long = NOW_MS - 2 * AWAY_COUNTS_MS;
    assert.equal(isStrongWith(pack(['held', 'held', 'held']), long), true);
    assert.equal(isStrongWith(pack([undefined, 'held', 'held']), long), true);
    assert.equal(isStrongWith(pack(['held', 'held', 'held']), long, long), false);
  });

  it('a clock that was put back makes nobody long away', () => {
    assert.equal(isStrongWith(pack(['held', 'held']), NOW_MS + AWAY_COUNTS_MS * 3), true);
  });

  it('a marked pack may still be rescued; one that is being destroyed never counts', () => {
    assert.equal(isStrongWith(pack(['held', 'held'], 'marked')), true);
    assert.equal(isStrongWith(pack(['held', 'held'], 'destroying')), false);
  });
});

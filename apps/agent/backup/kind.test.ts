import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupKind } from '@kura/format';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { chooseKind } from './kind.ts';

/** What a kind is chosen from: only the kinds of the chain matter. */
function chain(...kinds: BackupKind[]): StoredSnapshot[] {
  return kinds.map(
    (kind, index) => ({ id: index, snapshot: { kind } }) as unknown as StoredSnapshot,
  );
}

interface Row {
  readonly wanted: BackupKind | 'auto';
  readonly series: readonly BackupKind[];
  readonly kind: BackupKind;
  /** Position in the series of what it is compared with. */
  readonly base?: number;
}

const TABLE: readonly Row[] = [
  { wanted: 'auto', series: [], kind: 'full' },
  { wanted: 'incremental', series: [], kind: 'full' },
  { wanted: 'differential', series: ['copy'], kind: 'full' },
  { wanted: 'copy', series: [], kind: 'copy' },
  { wanted: 'copy', series: ['full', 'incremental'], kind: 'copy' },
  { wanted: 'full', series: ['full', 'incremental'], kind: 'full' },
  { wanted: 'auto', series: ['full'], kind: 'incremental', base: 0 },
  { wanted: 'incremental', series: ['full', 'incremental'], kind: 'incremental', base: 1 },
  { wanted: 'incremental', series: ['full', 'differential'], kind: 'incremental', base: 0 },
  { wanted: 'incremental', series: ['full', 'incremental', 'copy'], kind: 'incremental', base: 1 },
  { wanted: 'differential', series: ['full', 'incremental'], kind: 'differential', base: 0 },
  { wanted: 'differential', series: ['full', 'differential'], kind: 'differential', base: 0 },
  { wanted: 'differential', series: ['full', 'full', 'copy'], kind: 'differential', base: 1 },
];

for (const { wanted, series, kind, base } of TABLE) {
  const against = base === undefined ? 'nothing' : `the ${series[base]} at ${base}`;
  test(`C5: ${wanted} after [${series}] is a ${kind} against ${against}`, () => {
    const stored = chain(...series);
    const expected = base === undefined ? undefined : stored[base];
    assert.deepEqual(chooseKind(wanted, stored), { kind, base: expected });
  });
}

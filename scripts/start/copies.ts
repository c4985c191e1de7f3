// Where the copies of a snapshot lie, summed up per store, as the table that `npm start` shows.
import { formatBytes, type SnapshotId, type StoreId } from '@kura/base';
import { distanceKm } from '@kura/coordinator';
import type { CommandServices } from '@kura/kura/commands/types.ts';
import type { CopyView, PlaceView } from '@kura/kura/commands/views.ts';
import { paint } from '@kura/kura/output/style.ts';
import { type Column, tableLines } from '@kura/kura/output/table.ts';

export interface StoreSum {
  readonly store: CopyView;
  readonly kmFromHome: number;
  copies: number;
  bytes: number;
  /** Why these copies are there, with how many say so. */
  readonly reasons: Map<string, number>;
}

/** Stores that hold a part of the snapshot, the nearest to home first. */
export async function sumCopies(
  services: CommandServices,
  snapshot: SnapshotId,
  home: PlaceView,
): Promise<readonly StoreSum[]> {
  const sums = new Map<StoreId, StoreSum>();
  for await (const { sizeBytes, copies } of services.copies(snapshot)) {
    for (const copy of copies) {
      if (copy.state !== 'held') continue;
      const sum = sums.get(copy.storeId) ?? newSum(copy, home);
      sums.set(copy.storeId, sum);
      sum.copies++;
      sum.bytes += sizeBytes;
      sum.reasons.set(copy.reason, (sum.reasons.get(copy.reason) ?? 0) + 1);
    }
  }
  return [...sums.values()].sort((a, b) => a.kmFromHome - b.kmFromHome);
}

function newSum(store: CopyView, home: PlaceView): StoreSum {
  return { store, kmFromHome: distanceKm(store, home), copies: 0, bytes: 0, reasons: new Map() };
}

export function kilometres(km: number): string {
  return `${String(Math.round(km)).replace(/\B(?=(\d{3})+$)/g, ',')} km`;
}

const COLUMNS: readonly Column<StoreSum>[] = [
  { title: 'Store', cell: ({ store }) => store.cityName },
  { title: 'Cipher', cell: ({ store }) => store.cipher },
  { title: 'From home', align: 'right', cell: ({ kmFromHome }) => kilometres(kmFromHome) },
  { title: 'Copies', align: 'right', cell: ({ copies }) => String(copies) },
  { title: 'Size', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
];

/** The table, and below it, per store, why placement chose it. */
export function copyLines(sums: readonly StoreSum[]): readonly string[] {
  const width = Math.max(...sums.map(({ store }) => store.cityName.length), 0);
  const reasons = sums.flatMap(({ store, reasons: known }) =>
    [...known].map(([reason, count], index) => {
      const city = (index === 0 ? store.cityName : '').padEnd(width);
      return `${city}  ${known.size === 1 ? reason : `${count}: ${reason}`}`;
    }),
  );
  return [...tableLines(COLUMNS, sums), '', paint('strong', 'Why there'), ...reasons];
}

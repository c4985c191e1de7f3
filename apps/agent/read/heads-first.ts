// For whoever looks at all that is stored: the heads are taken before the packs, so that every pack of these snapshots
// is known. Snapshots that come later are in neither.
import type { PackId } from '@kura/base';
import type { SnapshotRow } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import { openReading, type Reading } from './reading.ts';

export interface WholeReading {
  readonly heads: readonly SnapshotRow[];
  /** To be closed. */
  readonly reading: Reading;
  /** Packs whose directory could not be read: nobody can say now which chunks they hold. */
  readonly unreadable: ReadonlySet<PackId>;
}

export async function readHeadsFirst(context: AgentContext): Promise<WholeReading> {
  const heads = await context.coordinator.snapshots();
  const unreadable = new Set<PackId>();
  const reading = await openReading(context, {
    purpose: 'read',
    onUnreadable: (packId) => unreadable.add(packId),
  });
  return { heads, reading, unreadable };
}

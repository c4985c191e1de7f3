// Copies that no row knows: left by a save that was killed before its rows, or by a store that was away when
// its rows were dropped. They are removed only when nobody else can be writing: first the shelves are listed,
// then the rows are read, then it is made sure that no other session lives. Whatever is being written
// after that is not in the list.
import type { CopyId, PackId, StoreId } from '@kura/base';
import { type DestroyPackWarrant, MAX_WARRANT_COPIES, signWarrant } from '@kura/contract';
import type { PrunePorts } from './ports.ts';

const PAGE_ROWS = 1000;

export async function removeGarbage(ports: PrunePorts): Promise<void> {
  const { network, destroyer } = ports;
  const shelves: { readonly storeId: StoreId; readonly copyIds: readonly CopyId[] }[] = [];
  for (const { identity } of network.stores) {
    const { storeId } = identity;
    shelves.push({ storeId, copyIds: await destroyer.enumerate(storeId) });
  }
  const known = await knownCopies(ports);
  if (!(await destroyer.isAlone())) return;
  for (const { storeId, copyIds } of shelves) {
    const garbage = copyIds.filter((copyId) => !known.has(copyId));
    for (let at = 0; at < garbage.length; at += MAX_WARRANT_COPIES) {
      const nowMs = ports.clock.nowMs();
      const batch = garbage.slice(at, at + MAX_WARRANT_COPIES);
      const warrant = signWarrant<DestroyPackWarrant>(
        { kind: 'destroy-pack', storeId, copyIds: batch, issuedMs: nowMs, notBeforeMs: nowMs },
        ports.keys.ownerSeed,
      );
      await destroyer.destroy([], [warrant]);
    }
  }
}

async function knownCopies({ coordinator }: PrunePorts): Promise<ReadonlySet<CopyId>> {
  const known = new Set<CopyId>();
  let after: PackId | undefined;
  while (true) {
    const rows = await coordinator.packs(after, PAGE_ROWS);
    for (const row of rows) for (const copy of row.copies) known.add(copy.copyId);
    after = rows.at(-1)?.packId;
    if (rows.length < PAGE_ROWS) return known;
  }
}

// Every pack that the network has in custody for this member, page by page.
import type { CoordinatorPort, PackRow } from '@kura/contract';

const PAGE_PACKS = 1000;

export async function allPacks(
  coordinator: Pick<CoordinatorPort, 'packs'>,
): Promise<readonly PackRow[]> {
  const all: PackRow[] = [];
  for (;;) {
    const page = await coordinator.packs(all.at(-1)?.packId, PAGE_PACKS);
    all.push(...page);
    if (page.length < PAGE_PACKS) return all;
  }
}

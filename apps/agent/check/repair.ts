// Brings packs back to full strength. First a plan, which changes nothing and can be shown; then the act. Nothing
// is deleted: a damaged copy is set aside by its own store before a good one takes its name.
import type { KuraError, PackId, StoreId } from '@kura/base';
import type { PackRow, PlacementChoice, ScrubResult, StoredCopy } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import type { CheckReport, PackFinding } from './check.ts';

/** What the operator's side does for a repair. */
export interface RepairSteps {
  /** The store looks at its own copy, heals it from parity, or sets it aside. */
  scrub(storeId: StoreId, copyId: PackRow['copies'][number]['copyId']): Promise<ScrubResult>;
  replicate(request: {
    readonly pack: PackRow;
    readonly to: StoreId;
    readonly reason: string;
  }): Promise<StoredCopy>;
  /** One more store for a pack that stands at `held`; throws `too_few_stores`. */
  choose(row: PackRow, held: readonly StoreId[]): PlacementChoice;
}

/** heal: on the shelf, by parity, else from another copy · rewrite: from another copy · place: elsewhere. */
export type RepairAct = 'heal' | 'rewrite' | 'place';

export interface RepairItem {
  readonly row: PackRow;
  readonly act: RepairAct;
  readonly storeId: StoreId;
  readonly reason: string;
}

export interface RepairPlan {
  readonly items: readonly RepairItem[];
  readonly hopeless: readonly { readonly packId: PackId; readonly why: string }[];
}

export interface RepairPorts extends AgentContext {
  readonly steps: RepairSteps;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RepairSummary {
  readonly copiesHealed: number;
  readonly copiesWritten: number;
  readonly bytesWritten: number;
  readonly packsBelowStrength: number;
  readonly packsLost: number;
}

export function planRepair(report: CheckReport, ports: RepairPorts): RepairPlan {
  const items: RepairItem[] = [];
  const hopeless: { packId: PackId; why: string }[] = [];
  for (const finding of report.hurtPacks) {
    const { packId } = finding.row;
    if (finding.intactCopies === 0) {
      hopeless.push({ packId, why: 'no intact copy can be read now' });
      continue;
    }
    const planned = planPack(finding, ports);
    items.push(...planned.items);
    if (planned.why !== undefined) hopeless.push({ packId, why: planned.why });
  }
  return { items, hopeless };
}

function planPack(
  finding: PackFinding,
  ports: RepairPorts,
): { items: readonly RepairItem[]; why: string | undefined } {
  const { row, hurt } = finding;
  const hurtStores = new Set(hurt.map((copy) => copy.storeId));
  const held = row.copies.map((copy) => copy.storeId).filter((id) => !hurtStores.has(id));
  const items: RepairItem[] = [];
  let missing = ports.network.copies - finding.intactCopies;
  for (const { storeId, state, copy } of hurt) {
    if (missing === 0 || !ports.stores.has(storeId) || state === 'unreachable') continue;
    const act = state === 'damaged' ? 'heal' : 'rewrite';
    items.push({ row, act, storeId, reason: copy.reason });
    held.push(storeId);
    missing--;
  }
  for (; missing > 0; missing--) {
    try {
      const { storeId, reason } = ports.steps.choose(row, held);
      items.push({ row, act: 'place', storeId, reason });
      held.push(storeId);
    } catch (error) {
      return { items, why: (error as KuraError).message };
    }
  }
  return { items, why: undefined };
}

export async function repair(plan: RepairPlan, ports: RepairPorts): Promise<RepairSummary> {
  const { coordinator } = ports;
  const session = await coordinator.beginSession('repair');
  try {
    let copiesHealed = 0;
    let copiesWritten = 0;
    let bytesWritten = 0;
    const failed = new Set<PackId>(plan.hopeless.map((pack) => pack.packId));
    for (const [index, item] of plan.items.entries()) {
      try {
        const isHealed = await carryOut(item, ports);
        if (isHealed) copiesHealed++;
        else {
          copiesWritten++;
          bytesWritten += item.row.leafCount * ports.shape.leafBytes;
        }
      } catch {
        // One pack that cannot be mended now must not keep the others from it; it is counted and told.
        failed.add(item.row.packId);
      }
      await coordinator.renewSession(session);
      ports.onProgress?.(index + 1, plan.items.length);
    }
    const packsLost = plan.hopeless.filter(({ why }) => why.startsWith('no intact')).length;
    const packsBelowStrength = failed.size - packsLost;
    return { copiesHealed, copiesWritten, bytesWritten, packsBelowStrength, packsLost };
  } finally {
    await coordinator.endSession(session);
  }
}

/** True if the store healed the copy by itself. */
async function carryOut(item: RepairItem, ports: RepairPorts): Promise<boolean> {
  const { coordinator, steps } = ports;
  const { row, storeId, reason } = item;
  const { packId } = row;
  const copy = row.copies.find((known) => known.storeId === storeId);
  if (item.act === 'heal' && copy !== undefined) {
    const { state } = await steps.scrub(storeId, copy.copyId);
    if (state === 'healed' || state === 'intact') {
      await coordinator.setCopyState(packId, storeId, 'held');
      return true;
    }
  }
  await coordinator.addCopy(packId, await steps.replicate({ pack: row, to: storeId, reason }));
  return false;
}

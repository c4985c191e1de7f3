// Brings packs back to full strength. First a plan, which changes nothing and can be shown; then the act, which
// turns to other stores where the planned one fails. Nothing is deleted: a damaged copy is set aside by its own
// store before a good one takes its name.
import { asFault, type CopyId, KuraError, MAX_STORES, type PackId, type StoreId } from '@kura/base';
import type { KeeperPort, PackRow, PlacementChoice, ScrubResult, StoredCopy } from '@kura/contract';
import type { OwnContext } from '../context.ts';
import { withinSession } from '../within-session.ts';
import type { CheckReport, CopyFinding, PackFinding } from './check.ts';

/** What the operator's side does for a repair. */
export interface RepairSteps {
  /** The store looks at its own copy, heals it from parity, or sets it aside. */
  scrub(storeId: StoreId, copyId: CopyId): Promise<ScrubResult>;
  replicate(request: {
    readonly pack: PackRow;
    readonly to: StoreId;
    readonly reason: string;
  }): Promise<StoredCopy>;
  /** One more store for a pack, none of `taken`; throws `too_few_stores`. */
  choose(row: PackRow, taken: readonly StoreId[]): PlacementChoice;
}

/** heal: on the shelf, by parity, else from another copy · rewrite: from another copy · place: elsewhere. */
export type RepairAct = 'heal' | 'rewrite' | 'place';

export interface RepairItem {
  readonly row: PackRow;
  readonly act: RepairAct;
  readonly storeId: StoreId;
  readonly reason: string;
}

/** lost: no copy is left · away: no copy can be read now · no_store: nowhere to put another copy. */
export type HopelessKind = 'lost' | 'away' | 'no_store';

export interface HopelessPack {
  readonly packId: PackId;
  readonly kind: HopelessKind;
  readonly why: string;
}

export interface RepairPlan {
  readonly items: readonly RepairItem[];
  readonly hopeless: readonly HopelessPack[];
}

/** Of an embedded network: a service repairs itself when it is told of faults. */
export interface RepairPorts extends OwnContext {
  readonly keeper: Pick<KeeperPort, 'addCopy' | 'setCopyState'>;
  readonly steps: RepairSteps;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RepairSummary {
  readonly copiesHealed: number;
  readonly copiesWritten: number;
  readonly bytesWritten: number;
  /** Restorable, and still with fewer copies than wanted. */
  readonly packsBelowStrength: number;
  /** Nobody can say before a store is back. */
  readonly packsAway: number;
  readonly packsLost: number;
  /** Why packs of the plan are not at strength, each reason once. */
  readonly failures: readonly string[];
}

export function planRepair(report: CheckReport, ports: RepairPorts): RepairPlan {
  const items: RepairItem[] = [];
  const hopeless: HopelessPack[] = [];
  for (const finding of report.hurtPacks) {
    const { packId } = finding.row;
    if (finding.isLost) {
      hopeless.push({ packId, kind: 'lost', why: 'no intact copy is left' });
    } else if (finding.intactCopies === 0) {
      hopeless.push({ packId, kind: 'away', why: 'no copy can be read before a store is back' });
    } else {
      const planned = planPack(finding, ports);
      items.push(...planned.items);
      if (planned.why !== undefined) hopeless.push({ packId, kind: 'no_store', why: planned.why });
    }
  }
  return { items, hopeless };
}

function planPack(
  finding: PackFinding,
  ports: RepairPorts,
): { items: readonly RepairItem[]; why: string | undefined } {
  const { row, hurt } = finding;
  const hurtStores = new Set(hurt.map((copy) => copy.storeId));
  const taken = row.copies.map((copy) => copy.storeId).filter((id) => !hurtStores.has(id));
  const items: RepairItem[] = [];
  let missing = ports.network.copies - finding.intactCopies;
  for (const copy of hurt) {
    const act = actOn(copy, ports);
    if (missing === 0 || act === undefined) continue;
    items.push({ row, act, storeId: copy.storeId, reason: copy.copy.reason });
    taken.push(copy.storeId);
    missing--;
  }
  for (; missing > 0; missing--) {
    const choice = chooseOr(ports.steps, row, taken);
    if (choice instanceof KuraError) return { items, why: choice.message };
    items.push({ row, act: 'place', storeId: choice.storeId, reason: choice.reason });
    taken.push(choice.storeId);
  }
  return { items, why: undefined };
}

/** What can be done where a hurt copy lies; undefined if its store does not answer. */
function actOn({ storeId, state, code }: CopyFinding, ports: RepairPorts): RepairAct | undefined {
  if (!ports.stores.has(storeId)) return undefined;
  if (state === 'lost') return 'rewrite';
  // A medium that does not give a sector any more: the store's parity may.
  return state === 'damaged' || code === 'io' ? 'heal' : undefined;
}

function chooseOr(
  steps: RepairSteps,
  row: PackRow,
  taken: readonly StoreId[],
): PlacementChoice | KuraError {
  try {
    return steps.choose(row, taken);
  } catch (error) {
    if (error instanceof KuraError) return error;
    throw error;
  }
}

export async function repair(plan: RepairPlan, ports: RepairPorts): Promise<RepairSummary> {
  return await withinSession(ports.coordinator, 'repair', async (session) => {
    const run = new RepairRun(plan, ports);
    for (const [index, item] of plan.items.entries()) {
      await run.mend(item);
      await ports.coordinator.renewSession(session);
      ports.onProgress?.(index + 1, plan.items.length);
    }
    return run.summary();
  });
}

class RepairRun {
  readonly #plan: RepairPlan;
  readonly #ports: RepairPorts;
  /** Packs that stay below strength, and why. */
  readonly #weak = new Map<PackId, string>();
  #copiesHealed = 0;
  #copiesWritten = 0;
  #bytesWritten = 0;

  constructor(plan: RepairPlan, ports: RepairPorts) {
    this.#plan = plan;
    this.#ports = ports;
    for (const { packId, kind, why } of plan.hopeless) {
      if (kind === 'no_store') this.#weak.set(packId, why);
    }
  }

  /** One pack that cannot be mended now must not keep the others from it; it is counted and told. */
  async mend(item: RepairItem): Promise<void> {
    const { packId } = item.row;
    // As it is now: a copy of it was perhaps just added, or a prune has dropped it since the check.
    const row = await this.#ports.coordinator.pack(packId);
    if (row === undefined || row.state === 'destroying') return;
    const failed = new Set<StoreId>();
    let next = { ...item, row };
    for (let attempt = 0; attempt < MAX_STORES; attempt++) {
      try {
        await this.#carryOut(next);
        return;
      } catch (error) {
        const fault = asFault(error, `pack ${packId} could not be mended`);
        failed.add(next.storeId);
        const choice = isSourceFault(fault) ? fault : this.#elsewhere(row, failed);
        if (choice instanceof KuraError) {
          this.#weak.set(packId, fault.message);
          return;
        }
        next = { row, act: 'place', ...choice };
      }
    }
  }

  summary(): RepairSummary {
    const count = (kind: HopelessKind): number =>
      this.#plan.hopeless.filter((pack) => pack.kind === kind).length;
    return {
      copiesHealed: this.#copiesHealed,
      copiesWritten: this.#copiesWritten,
      bytesWritten: this.#bytesWritten,
      packsBelowStrength: this.#weak.size,
      packsAway: count('away'),
      packsLost: count('lost'),
      failures: [...new Set(this.#weak.values())],
    };
  }

  /** A store that holds no copy of the pack, is to get none by the plan, and has not failed. */
  #elsewhere(row: PackRow, failed: ReadonlySet<StoreId>): PlacementChoice | KuraError {
    const planned = this.#plan.items.filter((item) => item.row.packId === row.packId);
    const holders = row.copies.map((copy) => copy.storeId);
    const taken = new Set([...holders, ...planned.map((item) => item.storeId), ...failed]);
    return chooseOr(this.#ports.steps, row, [...taken]);
  }

  async #carryOut({ act, row, storeId, reason }: RepairItem): Promise<void> {
    const { keeper, steps, shape } = this.#ports;
    const { packId } = row;
    const copy = row.copies.find((known) => known.storeId === storeId);
    if (act === 'heal' && copy !== undefined) {
      const { state } = await steps.scrub(storeId, copy.copyId);
      if (state === 'healed' || state === 'intact') {
        await keeper.setCopyState(packId, storeId, 'held');
        this.#copiesHealed++;
        return;
      }
    }
    await keeper.addCopy(packId, await steps.replicate({ pack: row, to: storeId, reason }));
    this.#copiesWritten++;
    this.#bytesWritten += row.leafCount * shape.leafBytes;
  }
}

/** No copy could be read: no other store would fare better. */
function isSourceFault(fault: KuraError): boolean {
  return fault.context.unreadableLeaf !== undefined;
}

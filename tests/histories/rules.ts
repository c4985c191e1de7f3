// What must hold at every poll, judged from what the feed said and what was done, not by the code that decided.
import { HOUR_MS, must } from '@kura/base';
import { riskParameters } from '@kura/coordinator/hazards/risk/parameters.ts';
import { HIGHEST_LEVEL } from '@kura/coordinator/members/level.ts';
import type { Network, Poll } from './network.ts';

/** A pack is added to at most so often for one event. */
const MAX_MOVES_PER_EVENT = 2;
const CALM_MS = 72 * HOUR_MS;

export class Rules {
  readonly violations: string[] = [];
  readonly #network: Network;
  /** When the feed last spoke of danger at each store. */
  readonly #dangerMs: Float64Array;
  /** pack → event → additions. */
  readonly #moves = new Map<string, number>();
  /** pack:store that was retired while an event lasted. */
  readonly #left = new Map<string, number>();
  /** By pack and target, how to take back what a move was counted for. */
  readonly #reasons = new Map<string, { readonly undo: () => void }>();
  /** pack:store that a move was for. */
  readonly #covered = new Set<string>();

  constructor(network: Network) {
    this.#network = network;
    this.#dangerMs = new Float64Array(network.scene.stores.length).fill(Number.NEGATIVE_INFINITY);
  }

  look(poll: Poll): void {
    this.#noteDanger(poll);
    this.#noDeletionByAlert(poll);
    this.#neverBelowMinimum(poll);
    this.#noInversion(poll);
    this.#noOscillation(poll);
    this.#reaction(poll);
    this.#targets(poll);
  }

  #violate(poll: Poll, what: string): void {
    this.violations.push(`${new Date(poll.nowMs).toISOString()}: ${what}`);
  }

  #isRisky({ picture }: Poll, store: number): boolean {
    const risk = must(picture.sites[store], 'a risk');
    const { watchUnreachable, calmLost } = riskParameters().decisions;
    return risk.unreachable >= watchUnreachable || risk.lost >= calmLost;
  }

  #noteDanger(poll: Poll): void {
    for (const store of this.#dangerMs.keys()) {
      if (this.#isRisky(poll, store)) this.#dangerMs[store] = poll.nowMs;
    }
  }

  #noDeletionByAlert(poll: Poll): void {
    for (const { pack, before } of poll.retired) {
      for (const { store } of before) {
        if (this.#network.lost.has(store)) continue;
        const quietMs = poll.nowMs - (this.#dangerMs[store] ?? 0);
        if (quietMs < CALM_MS) {
          this.#violate(poll, `pack ${pack} lost a copy ${quietMs / HOUR_MS} h after an alert`);
        }
      }
    }
  }

  #neverBelowMinimum(poll: Poll): void {
    for (const { pack } of poll.retired) {
      const { copies, demand } = must(this.#network.packs[pack], 'a pack');
      const { lost, away, demands } = this.#network;
      const there = copies.filter(({ store }) => !lost.has(store) && !away.has(store));
      const wanted = must(demands[demand], 'a demand').copies;
      if (there.length < wanted) {
        this.#violate(poll, `pack ${pack} has ${there.length} of ${wanted} copies by our own act`);
      }
      const unread = there.find((copy) => poll.nowMs - copy.checkedMs > CALM_MS);
      if (unread !== undefined) this.#violate(poll, `pack ${pack} relies on a copy not read`);
    }
  }

  /** No lower level gets, in one plan, what a higher one is refused; nor what is kept for it. */
  #noInversion(poll: Poll): void {
    const { world, plan } = poll;
    const { demands, packs } = this.#network;
    const { reserveLeast, reserveMost, roomFactor } = riskParameters().decisions;
    for (const refused of plan.unplaced) {
      const pack = must(packs[refused.group], 'a pack');
      const demand = must(demands[pack.demand], 'a demand');
      const holds = new Set(this.#storesOf(refused.group, plan));
      for (const { to, level } of plan.additions) {
        if (level >= demand.level || holds.has(to)) continue;
        if (!world.mayHold(demand, to) || world.store(to).stance !== 'calm') continue;
        // What was left when the higher levels had been served.
        const before = plan.additions.filter((one) => one.to === to && one.level >= demand.level);
        const takenBytes = before.reduce((sum, one) => sum + one.bytes, 0);
        const kept = (HIGHEST_LEVEL - demand.level) * reserveMost * world.store(to).capacityBytes;
        const left = (world.store(to).freeBytes - kept) / roomFactor - takenBytes;
        if (left >= pack.bytes) {
          this.#violate(poll, `level ${level} got store ${to}, level ${demand.level} was refused`);
        }
      }
    }
    const taken = new Float64Array(world.stores.length);
    for (const { to, level, bytes } of plan.additions) {
      taken[to] = (taken[to] ?? 0) + bytes * roomFactor;
      const { capacityBytes, freeBytes } = world.store(to);
      const kept = (HIGHEST_LEVEL - level) * reserveLeast * capacityBytes;
      if (freeBytes - (taken[to] ?? 0) < kept - 1) {
        this.#violate(poll, `level ${level} took what is kept at store ${to}`);
      }
    }
  }

  #storesOf(group: number, plan: Poll['plan']): number[] {
    const { packs, running } = this.#network;
    return [
      ...must(packs[group], 'a pack').copies.map(({ store }) => store),
      ...running.filter((move) => move.pack === group).map(({ to }) => to),
      ...plan.additions.filter((one) => one.group === group).map(({ to }) => to),
    ];
  }

  /** Each move is put down to one event; a pack moves at most twice for it, and never back. */
  #noOscillation(poll: Poll): void {
    // What broke off has not moved; its successor is for the same event.
    for (const { pack, to } of poll.dropped) this.#reasons.get(`${pack} ${to}`)?.undo();
    for (const { pack, to } of poll.started) {
      const { cause, covers } = this.#causeOf(poll, pack);
      const key = `${pack} ${cause}`;
      const moves = (this.#moves.get(key) ?? 0) + 1;
      this.#moves.set(key, moves);
      const undo = (): void => {
        this.#moves.set(key, (this.#moves.get(key) ?? 1) - 1);
        this.#covered.delete(covers);
      };
      this.#reasons.set(`${pack} ${to}`, { undo });
      if (moves > MAX_MOVES_PER_EVENT) {
        this.#violate(poll, `pack ${pack}: move ${moves} for ${cause}`);
      }
      if (this.#left.has(`${pack} ${to} ${cause}`)) {
        this.#violate(poll, `pack ${pack} goes back to store ${to}`);
      }
    }
    for (const { pack, store } of poll.retired) {
      for (const { eventId } of poll.picture.sites[store]?.causes ?? []) {
        this.#left.set(`${pack} ${store} ${eventId}`, poll.nowMs);
      }
    }
  }

  /** The event, or loss, at the first unsafe copy, there or on its way, that no earlier move was for. */
  #causeOf({ world, picture, started }: Poll, pack: number): { cause: string; covers: string } {
    const { packs, running } = this.#network;
    const coming = running.filter((move) => move.pack === pack && !started.includes(move));
    const stores = [
      ...must(packs[pack], 'a pack').copies.map(({ store }) => store),
      ...coming.map(({ to }) => to),
    ];
    for (const store of stores) {
      const covers = `${pack} ${store}`;
      const { state, stance } = world.store(store);
      const isUnsafe = state === 'lost' || stance === 'leave';
      if (!isUnsafe) this.#covered.delete(covers);
      if (!isUnsafe || this.#covered.has(covers)) continue;
      this.#covered.add(covers);
      if (state === 'lost') return { cause: `loss of store ${store}`, covers };
      const [worst] = picture.sites[store]?.causes ?? [];
      return { cause: worst?.eventId ?? 'a danger that is over', covers };
    }
    return { cause: 'calm', covers: '' };
  }

  /** Within the poll that shows a danger, every pack in it has enough safe copies, one on its way, or a reason. */
  #reaction(poll: Poll): void {
    const { world, plan } = poll;
    const refused = new Set(plan.unplaced.map(({ group }) => group));
    for (const [index, pack] of this.#network.packs.entries()) {
      if (refused.has(index)) continue;
      const wanted = must(this.#network.demands[pack.demand], 'a demand').copies;
      const safe = new Set(this.#storesOf(index, plan)).values().filter((store) => {
        const risk = must(poll.picture.sites[store], 'a risk');
        const { leaveLost, leaveUnreachable } = riskParameters().decisions;
        const isDangerous = risk.lost >= leaveLost || risk.unreachable >= leaveUnreachable;
        return !isDangerous && world.store(store).state !== 'lost';
      });
      const count = [...safe].length;
      if (count < wanted)
        this.#violate(poll, `pack ${index} has ${count} of ${wanted} safe copies`);
    }
  }

  #targets(poll: Poll): void {
    const { demands, packs } = this.#network;
    for (const { group, to } of [...poll.plan.additions, ...poll.calm]) {
      const demand = must(demands[packs[group]?.demand ?? 0], 'a demand');
      const isSafe = !this.#isRisky(poll, to) || this.#isLastResort(poll, group, to);
      if (!isSafe) this.#violate(poll, `pack ${group} flees into danger at ${to}`);
      const regions = poll.world.store(to).regions;
      const isForbidden = regions.some((one) => demand.forbidden?.includes(one));
      if (isForbidden) this.#violate(poll, `pack ${group} goes to a forbidden region`);
      if (poll.world.store(to).minimumLevel > demand.level) {
        this.#violate(poll, `pack ${group} goes where its level may not`);
      }
    }
  }

  /** Not in danger itself, only watched, and no calm store that may hold the pack surely has room for it. */
  #isLastResort({ world, plan }: Poll, group: number, to: number): boolean {
    const { demands, packs } = this.#network;
    const { bytes, demand: index } = must(packs[group], 'a pack');
    const demand = must(demands[index], 'a demand');
    const holds = new Set(this.#storesOf(group, plan));
    const { reserveMost, roomFactor } = riskParameters().decisions;
    const isBetter = world.stores.some(({ stance, freeBytes, capacityBytes }, store) => {
      if (stance !== 'calm' || holds.has(store) || !world.mayHold(demand, store)) return false;
      const sent = plan.additions.filter((one) => one.to === store);
      const takenBytes = sent.reduce((sum, one) => sum + one.bytes, 0);
      const kept = (HIGHEST_LEVEL - demand.level) * reserveMost * capacityBytes;
      return (freeBytes - kept) / roomFactor - takenBytes >= bytes;
    });
    return world.store(to).stance === 'watch' && !isBetter;
  }
}

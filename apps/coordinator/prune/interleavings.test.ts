// C11: whatever backups, prunes, forgets and deaths do between each other's steps, a committed snapshot
// keeps every pack that it uses, and a backup that kept to the rules commits. fast-check draws the
// schedules and shrinks a bad one; the seed is fixed, so that a failure replays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, must, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import fc from 'fast-check';
import type { Coordinator } from '../coordinator.ts';
import { forgetOrder, foundTestNetwork, type TestNetwork } from '../fixtures.ts';

type Verb = 'backup' | 'use' | 'commit' | 'die' | 'prune' | 'forget' | 'wake';

interface Step {
  readonly verb: Verb;
  /** Which of several: actors, packs, snapshots. */
  readonly pick: number;
}

/** What an agent knows: the packs as they stood when it looked, once, after its session began. */
interface Backup {
  readonly session: SessionId;
  readonly pid: number;
  readonly seen: readonly PackRow[];
  readonly uses: Set<PackId>;
  /** Its process was declared dead although it lives: it may go on, and must do no harm. */
  declaredDead: boolean;
}

const PRUNE_STEPS = ['read', 'list', 'mark', 'condemn', 'drop', 'end'] as const;

interface Prune {
  readonly session: SessionId;
  readonly pid: number;
  step: number;
  snapshots: readonly SnapshotId[];
  unused: readonly PackId[];
  doomed: readonly PackId[];
}

class Schedule {
  readonly network: TestNetwork;
  readonly coordinator: Coordinator;
  readonly snapshots = new Map<SnapshotId, readonly PackId[]>();
  readonly backups: Backup[] = [];
  prune: Prune | undefined;
  #pid = 1;

  constructor(network: TestNetwork) {
    this.network = network;
    this.coordinator = network.coordinator;
  }

  async run({ verb, pick }: Step): Promise<void> {
    const backup = this.backups[pick % Math.max(1, this.backups.length)];
    if (verb === 'die' && pick > 50) return this.#killPrune();
    if (verb === 'backup' && this.backups.length < 3) await this.#begin();
    if (verb === 'prune') await this.#pruneStep();
    if (verb === 'forget') await this.#forget(pick);
    if (backup === undefined) return;
    if (verb === 'use') await this.#use(backup, pick);
    if (verb === 'commit') await this.#commit(backup);
    if (verb === 'die') this.#die(backup, pick);
    if (verb === 'wake' && backup.declaredDead) await this.#commit(backup);
  }

  async #begin(): Promise<void> {
    const pid = this.#asNewProcess();
    const session = await this.coordinator.beginSession('backup');
    const seen = await this.coordinator.packs(undefined, 1000);
    this.backups.push({ session, pid, seen, uses: new Set(), declaredDead: false });
  }

  /** Half of the time a known pack, found in the index; else a new one. */
  async #use(backup: Backup, pick: number): Promise<void> {
    const known = backup.seen[Math.floor(pick / 2) % Math.max(1, backup.seen.length)];
    if (pick % 2 === 1 && known !== undefined && known.state !== 'destroying') {
      if (known.state === 'standing' || (await this.#rescue(backup, known.packId))) {
        backup.uses.add(known.packId);
      }
      return;
    }
    const pack = this.network.newPack();
    const recorded = this.coordinator.recordPacks(backup.session, [pack]);
    if (await this.#unlessGivenUp(backup, recorded)) backup.uses.add(pack.packId);
  }

  async #rescue(backup: Backup, packId: PackId): Promise<boolean> {
    let isRescued = false;
    const rescue = this.coordinator.rescuePack(backup.session, packId);
    await this.#unlessGivenUp(
      backup,
      rescue.then((rescued) => (isRescued = rescued)),
    );
    return isRescued;
  }

  async #commit(backup: Backup): Promise<void> {
    const uses = [...backup.uses];
    this.backups.splice(this.backups.indexOf(backup), 1);
    if (uses.length === 0) return this.coordinator.endSession(backup.session);
    const head = this.network.head(uses);
    const commit = this.coordinator.commitSnapshot(backup.session, head, uses);
    if (await this.#unlessGivenUp(backup, commit)) this.snapshots.set(head.snapshotId, uses);
    await this.coordinator.endSession(backup.session);
  }

  /** True if it was done. Only who was declared dead may be refused. */
  async #unlessGivenUp(backup: Backup, work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      assert.ok(error instanceof KuraError && error.code === 'interrupted', String(error));
      assert.ok(
        backup.declaredDead,
        `a backup that kept to the rules was refused: ${error.message}`,
      );
      return false;
    }
  }

  /** Really dead, or only thought to be. */
  #die(backup: Backup, pick: number): void {
    this.network.processes.fates.set(backup.pid, 'dead');
    backup.declaredDead = true;
    if (pick % 2 === 0) this.backups.splice(this.backups.indexOf(backup), 1);
  }

  /** Whatever it marked or condemned stays as it is; the next one goes on. */
  #killPrune(): void {
    if (this.prune === undefined) return;
    this.network.processes.fates.set(this.prune.pid, 'dead');
    this.prune = undefined;
  }

  async #pruneStep(): Promise<void> {
    if (this.prune === undefined) {
      const pid = this.#asNewProcess();
      const session = await this.coordinator.beginSession('prune');
      this.prune = { session, pid, step: 0, snapshots: [], unused: [], doomed: [] };
      return;
    }
    const { prune, coordinator } = this;
    const step = must(PRUNE_STEPS[prune.step++], 'a prune ends with its last step');
    if (step === 'read') {
      prune.snapshots = (await coordinator.snapshots()).map((row) => row.snapshotId);
    } else if (step === 'list') {
      const uses = new Set(prune.snapshots.flatMap((id) => this.snapshots.get(id) ?? []));
      const packs = await coordinator.packs(undefined, 1000);
      prune.unused = packs.map((pack) => pack.packId).filter((id) => !uses.has(id));
    } else if (step === 'mark') {
      await coordinator.markPacks(prune.unused);
    } else if (step === 'condemn') {
      const { session, unused, snapshots } = prune;
      prune.doomed = await coordinator.condemnPacks(session, unused, snapshots);
    } else if (step === 'drop') {
      await coordinator.dropPacks(prune.doomed);
    } else {
      await coordinator.endSession(prune.session);
      this.prune = undefined;
    }
  }

  async #forget(pick: number): Promise<void> {
    const ids = [...this.snapshots.keys()];
    const id = ids[pick % Math.max(1, ids.length)];
    if (id === undefined) return;
    this.snapshots.delete(id);
    await this.coordinator.forgetSnapshots(forgetOrder(this.coordinator.memberId, id));
  }

  #asNewProcess(): number {
    Object.assign(this.network.processes.self, { pid: this.#pid });
    return this.#pid++;
  }

  /** The invariant. */
  async check(): Promise<void> {
    const packs = await this.coordinator.packs(undefined, 1000);
    const states = new Map(packs.map((pack) => [pack.packId, pack]));
    for (const packId of new Set([...this.snapshots.values()].flat())) {
      const pack = states.get(packId);
      assert.ok(pack !== undefined, `a committed snapshot lost pack ${packId}`);
      assert.notEqual(
        pack.state,
        'destroying',
        `a committed snapshot's pack ${packId} is condemned`,
      );
      assert.equal(pack.copies.length, 2);
    }
  }

  /** When all is quiet, one prune leaves what is used, and nothing else. */
  async settle(): Promise<void> {
    for (const backup of this.backups.splice(0)) await this.coordinator.endSession(backup.session);
    while (this.prune !== undefined) await this.#pruneStep();
    do await this.#pruneStep();
    while (this.prune !== undefined);
    await this.check();
    const packs = await this.coordinator.packs(undefined, 1000);
    const uses = [...new Set([...this.snapshots.values()].flat())];
    assert.deepEqual(
      packs.map((pack) => pack.packId),
      uses.toSorted(),
    );
  }
}

const weights: readonly (readonly [Verb, number])[] = [
  ['backup', 2],
  ['use', 6],
  ['commit', 2],
  ['die', 1],
  ['wake', 1],
  ['prune', 7],
  ['forget', 1],
];
const verbs = weights.map(([verb, weight]) => ({ arbitrary: fc.constant(verb), weight }));
const step = fc.record({ verb: fc.oneof(...verbs), pick: fc.nat(60) });

test('C11: no interleaving of backups and prunes costs a committed snapshot a pack', async () => {
  const schedules = fc.asyncProperty(
    fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
    async (steps) => {
      const network = await foundTestNetwork();
      const schedule = new Schedule(network);
      for (const each of steps) {
        await schedule.run(each);
        await schedule.check();
      }
      await schedule.settle();
      network.database.close();
    },
  );
  await fc.assert(schedules, { seed: 20_261_121, numRuns: 60, endOnFailure: false });
});

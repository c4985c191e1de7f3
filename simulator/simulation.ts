// One seed on its way: the machine, what must be true of it, and the figures. Steps work on this.

import { must } from '@kura/base';
import type { PackRow, SnapshotRow } from '@kura/contract';
import { openCoordinator } from '@kura/coordinator';
import { type Attempt, attempt, type Outcome, takeStray } from './attempt.ts';
import { type Figures, noFigures } from './figures.ts';
import type { Fault, Life } from './life.ts';
import { Machine, type MachineOptions, type StoreSite } from './machine.ts';
import { Model, Violation } from './model.ts';
import type { SavedTree } from './source-tree.ts';

const PACK_PAGE = 5000;
const ERRNOS = ['EIO', 'EIO', 'ENOSPC', 'EACCES'] as const;
/** Of a command that has not run yet in this seed. */
const USUAL: Extent = { calls: 300, changes: 60 };

/** How long a command is. */
type Extent = Pick<Life, 'calls' | 'changes'>;

export class Simulation {
  readonly machine: Machine;
  readonly model = new Model();
  readonly figures: Figures;
  /** How long a command of this name was the last time, so that faults fall anywhere in the next. */
  readonly #usual = new Map<string, Extent>();

  constructor(options: MachineOptions) {
    this.machine = new Machine(options);
    this.figures = { ...noFigures(), reached: this.machine.coverage.counts };
  }

  say(line: string): void {
    this.machine.log.say(line);
  }

  /** A command, alone on the machine; a crash may be a kill or a loss of power. */
  async run<Value>(command: Attempt<Value>): Promise<Outcome<Value>> {
    const outcome = await attempt(this.machine, command);
    if (outcome.kind === 'crashed') this.#crashed(command.name);
    await this.settle(command.name, outcome);
    return outcome;
  }

  /** Several commands at once; those that die are killed, and the others go on. */
  async runTogether(commands: readonly Attempt<unknown>[]): Promise<readonly Outcome<unknown>[]> {
    const outcomes = await Promise.all(commands.map((command) => attempt(this.machine, command)));
    for (const [index, outcome] of outcomes.entries()) {
      await this.settle(must(commands[index], 'a command per outcome').name, outcome);
    }
    return outcomes;
  }

  /** Says how a command ended, and sees that it left nothing behind in this process. */
  async settle(name: string, outcome: Outcome<unknown>): Promise<void> {
    const stray = takeStray();
    this.#noteEnding(name, outcome);
    if (outcome.kind === 'done') {
      const { calls, changes } = outcome.life;
      if (changes > 0) this.#usual.set(name, { calls, changes });
      this.say(`  ${name}: done`);
    } else if (outcome.kind === 'failed') {
      this.say(`  ${name}: ${outcome.error.code}, ${outcome.error.message}`);
    } else {
      this.figures.crashes++;
      this.say(`  ${name}: killed`);
    }
    if (stray !== undefined && outcome.kind !== 'crashed') {
      throw new Violation(`${name} left a rejection that nobody waits for`, stray);
    }
  }

  #noteEnding(name: string, { kind }: Outcome<unknown>): void {
    const { coverage, stores } = this.machine;
    coverage.noteIfKnown(`${name} ${kind === 'crashed' ? 'killed' : kind}`);
    if (stores.some(({ site }) => !site.isMounted)) coverage.note('command with a store away');
    if (this.model.hurt.size > 0) coverage.note('command with a store hurt');
  }

  #crashed(name: string): void {
    if (this.machine.random.below(3) === 0) return;
    this.say(`  the power goes during ${name}`);
    this.machine.powerLoss();
  }

  /** Half of all commands go without; the others die, or meet an error, at any of their calls. */
  drawFault(name: string): Fault | undefined {
    const { random, coverage } = this.machine;
    if (random.below(2) === 0) return undefined;
    this.figures.faults++;
    const among = random.pick(['calls', 'changes'] as const);
    const at = 1 + random.below((this.#usual.get(name) ?? USUAL)[among]);
    const point = { among, at };
    const draw = random.below(10);
    if (draw < 6) return { ...point, kind: 'crash' };
    if (draw < 8) return { ...point, kind: 'error', errno: random.pick(ERRNOS) };
    if (draw === 8 && name === 'backup') {
      return { ...point, kind: 'act', act: () => this.#disturb() };
    }
    const { site } = random.pick(this.machine.stores);
    const act = (): void => {
      this.say(`  ${site.name} loses its power`);
      coverage.note('power cut of one store during a command');
      this.machine.cutPower(site);
    };
    return { ...point, kind: 'act', act };
  }

  /** Somebody works on the source while it is saved. */
  #disturb(): void {
    this.say('  the source changes');
    this.machine.coverage.note('source changed during a backup');
    this.machine.source.change();
  }

  // ── What the tables say, read by nobody's process ───────────────────────────────────────────────

  async packRows(): Promise<readonly PackRow[]> {
    return (await this.#coordinator()).packs(undefined, PACK_PAGE);
  }

  async snapshotRows(): Promise<readonly SnapshotRow[]> {
    return (await this.#coordinator()).snapshots();
  }

  async #coordinator() {
    const { machine } = this;
    return openCoordinator({
      database: must(machine.tables, 'the tables are founded first'),
      clock: machine.clock,
      random: machine.given,
      processes: machine.coordinatorProcesses(0),
    });
  }

  /** Takes new snapshots over, and misses those that should be there. */
  async noteSnapshots(saved: SavedTree | undefined): Promise<void> {
    const rows = await this.snapshotRows();
    const ids = new Set(rows.map((row) => row.snapshotId));
    for (const id of this.model.snapshots.keys()) {
      if (!ids.has(id)) throw new Violation(`snapshot ${id} was acknowledged and is gone`);
    }
    for (const id of ids) {
      if (this.model.snapshots.has(id)) continue;
      if (saved === undefined) throw new Violation(`nobody has made snapshot ${id}`);
      this.model.snapshots.set(id, saved);
      if (saved.length > 1) this.machine.coverage.note('snapshot of a changing source');
    }
  }

  // ── What can be expected ────────────────────────────────────────────────────────────────────────

  /** Enough stores answer and have room, and so has home: a command that writes must work. */
  canSave(fault: Fault | undefined): boolean {
    const { machine } = this;
    // A store that loses its power is worth one less for as long as the command runs.
    const lost = fault?.kind === 'act' ? 1 : 0;
    const isEnough = this.usableStores.length - lost >= machine.copies;
    return isEnough && fault?.kind !== 'error' && !isFull(machine.home.medium);
  }

  /** No disk is short of room anywhere. */
  get hasRoom(): boolean {
    const { stores, home } = this.machine;
    return [home, ...stores.map(({ site }) => site)].every(({ medium }) => !isFull(medium));
  }

  get usableStores(): readonly StoreSite[] {
    return this.machine.stores.filter(({ site }) => {
      const isThere = site.isMounted && site.medium.stat(site.folder) !== undefined;
      return isThere && !isFull(site.medium);
    });
  }

  /** Whether this store may be hurt now: no other is. */
  mayHurt({ identity }: StoreSite): boolean {
    const { hurt } = this.model;
    return hurt.size === 0 || (hurt.size === 1 && hurt.has(identity.storeId));
  }
}

function isFull(medium: { readonly capacityBytes: number }): boolean {
  return medium.capacityBytes !== Number.MAX_SAFE_INTEGER;
}

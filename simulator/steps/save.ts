// Steps that save and give up: backup, forget, prune, and several at once.
import { type BackupOptions, type BackupSummary, backup } from '@kura/agent';
import { forget } from '@kura/agent/heads/forget.ts';
import { type PruneSummary, prune } from '@kura/agent/prune/prune.ts';
import type { UnusedLimit } from '@kura/agent/prune/waste.ts';
import { type ByteString, byteString, must, type SnapshotId } from '@kura/base';
import { verifyReceipt } from '@kura/log';
import { shelfPaths } from '@kura/store/shelf/layout.ts';
import type { Attempt, Outcome } from '../attempt.ts';
import type { Fault } from '../life.ts';
import { Violation } from '../model.ts';
import type { Program } from '../program.ts';
import type { Simulation } from '../simulation.ts';
import { SOURCE_PATH } from '../source-tree.ts';

const KINDS = ['auto', 'auto', 'auto', 'full', 'copy', 'differential', 'incremental'] as const;
const LIMITS: readonly UnusedLimit[] = [
  { kind: 'unlimited' },
  { kind: 'share', share: 0.05 },
  { kind: 'share', share: 0.5 },
  { kind: 'bytes', bytes: 0 },
];

export function backupCommand(
  { machine }: Simulation,
  fault: Fault | undefined,
): Attempt<BackupSummary> {
  const options: BackupOptions = {
    paths: [byteString(SOURCE_PATH) as ByteString],
    isExcluded: () => false,
    excludeCaches: false,
    oneFileSystem: false,
    kind: machine.random.pick(KINDS),
    hostname: 'machine',
    username: 'member',
    tags: [],
    dryRun: false,
  };
  return {
    name: 'backup',
    ...(fault === undefined ? {} : { fault }),
    work: async (program) => {
      const summary = await backup(options, program);
      if (summary.packsBelowStrength > 0) machine.coverage.note('backup below strength');
      await checkReceipt(summary, program);
      return summary;
    },
  };
}

/** What an agent does with its receipt: believes no one. */
async function checkReceipt(summary: BackupSummary, { coordinator }: Program): Promise<void> {
  const receipt = must(summary.receipt, 'a backup that ends well has a receipt');
  const body = verifyReceipt(receipt, coordinator.charter.log);
  if (body.snapshotId !== summary.snapshotId) {
    throw new Violation('a receipt is for another snapshot');
  }
}

export async function runBackup(simulation: Simulation, fault: Fault | undefined): Promise<void> {
  const { source } = simulation.machine;
  const before = source.freeze();
  const mustWork = simulation.canSave(fault);
  const outcome = await simulation.run(backupCommand(simulation, fault));
  const after = source.freeze();
  const isQuiet = [...after].every(([path, node]) => before.get(path) === node);
  await simulation.noteSnapshots(isQuiet && after.size === before.size ? [after] : [before, after]);
  if (outcome.kind === 'done') checkSaved(simulation, outcome.value);
  refuseFailure('backup', outcome, mustWork);
}

function checkSaved({ model, machine }: Simulation, summary: BackupSummary): void {
  const id = must(summary.snapshotId, 'a backup that ends well names its snapshot');
  if (!model.snapshots.has(id))
    throw new Violation(`snapshot ${id} was acknowledged and is not there`);
  if (summary.newCopiesMin < machine.copies)
    throw new Violation('a backup ended well with too few copies');
  const [problem] = summary.problems;
  const isQuiet = model.snapshots.get(id)?.length === 1;
  if (problem !== undefined && isQuiet) throw new Violation(`a file was left out: ${problem.why}`);
}

/** A command that could do its work did not. */
export function refuseFailure(name: string, outcome: Outcome<unknown>, mustWork: boolean): void {
  if (outcome.kind !== 'failed' || !mustWork) return;
  throw new Violation(`${name} should have worked: ${outcome.error.message}`, outcome.error);
}

export async function runForget(simulation: Simulation, fault: Fault | undefined): Promise<void> {
  const { model, machine } = simulation;
  const ids: SnapshotId[] = [...model.snapshots.keys()].filter(() => machine.random.below(2) === 0);
  const outcome = await simulation.run({
    name: 'forget',
    ...(fault === undefined ? {} : { fault }),
    work: (program) => forget(ids, program),
  });
  const left = new Set((await simulation.snapshotRows()).map((row) => row.snapshotId));
  const gone = ids.filter((id) => !left.has(id));
  if (gone.length > 0 && gone.length < ids.length) {
    throw new Violation(`${gone.length} of ${ids.length} snapshots were forgotten`);
  }
  if (outcome.kind === 'done' && gone.length < ids.length) {
    throw new Violation('a snapshot that was forgotten is still there');
  }
  for (const id of gone) model.snapshots.delete(id);
  refuseFailure('forget', outcome, fault === undefined);
}

export function pruneCommand(
  { machine }: Simulation,
  fault: Fault | undefined,
): Attempt<PruneSummary> {
  const maxUnused = machine.random.pick(LIMITS);
  return {
    name: 'prune',
    ...(fault === undefined ? {} : { fault }),
    work: (program) => prune({ dryRun: false, maxUnused }, program),
  };
}

export async function runPrune(simulation: Simulation, fault: Fault | undefined): Promise<void> {
  const mustWork = simulation.canSave(fault);
  const outcome = await simulation.run(pruneCommand(simulation, fault));
  await simulation.noteSnapshots(undefined);
  refuseFailure('prune', outcome, mustWork);
  if (outcome.kind === 'done') notePruned(simulation, outcome.value);
  if (outcome.kind === 'done' && fault === undefined)
    await expectNoGarbage(simulation, outcome.value);
}

function notePruned({ machine }: Simulation, summary: PruneSummary): void {
  if (summary.packsRepacked > 0) machine.coverage.note('prune repacks');
  if (summary.packsRemoved > 0) machine.coverage.note('prune removes packs');
}

/** A prune that is alone and undisturbed leaves no copy behind that no row knows, and no pack for later. */
async function expectNoGarbage(simulation: Simulation, summary: PruneSummary): Promise<void> {
  if (summary.packsWaiting > 0) throw new Violation('a prune that is alone waits for somebody');
  const rows = await simulation.packRows();
  const known = new Set<string>(rows.flatMap((row) => row.copies.map((copy) => copy.copyId)));
  for (const { site } of simulation.machine.stores) {
    if (!site.isMounted) continue;
    for (const path of site.medium.files(shelfPaths(site.folder).copies)) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (!known.has(name)) throw new Violation(`prune left copy ${name} behind at ${site.name}`);
    }
  }
}

/** Two or three commands at once, each of which may be killed. */
export async function runTogether(simulation: Simulation): Promise<void> {
  const { machine } = simulation;
  const mustWork = simulation.canSave(undefined);
  const saved = [machine.source.freeze()];
  const killed = (name: string): Fault | undefined => {
    const fault = simulation.drawFault(name);
    return fault?.kind === 'crash' ? fault : undefined;
  };
  const commands: Attempt<unknown>[] = [backupCommand(simulation, killed('backup'))];
  if (machine.random.below(3) > 0) commands.push(pruneCommand(simulation, killed('prune')));
  if (machine.random.below(2) === 0) commands.push(backupCommand(simulation, killed('backup')));
  const outcomes = await simulation.runTogether(commands);
  noteTogether(simulation, { commands, outcomes });
  await simulation.noteSnapshots(saved);
  for (const [index, outcome] of outcomes.entries()) {
    refuseFailure(must(commands[index], 'one per outcome').name, outcome, mustWork);
  }
}

function noteTogether(
  { machine }: Simulation,
  {
    commands,
    outcomes,
  }: {
    readonly commands: readonly Attempt<unknown>[];
    readonly outcomes: readonly Outcome<unknown>[];
  },
): void {
  const { coverage } = machine;
  const names = commands.map(({ name }) => name);
  if (names.includes('prune')) coverage.note('backup beside prune');
  if (names.lastIndexOf('backup') > 0) coverage.note('backup beside backup');
  const wasKilled = outcomes.some(({ kind }) => kind === 'crashed');
  const wentOn = outcomes.some(({ kind }) => kind === 'done');
  if (wasKilled && wentOn) coverage.note('killed beside others');
}

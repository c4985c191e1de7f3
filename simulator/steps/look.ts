// Steps that look and mend: restore everything and compare, check, repair, recover after a total loss.
import { openReading, type Reading } from '@kura/agent';
import { type CheckReport, check, type PackFinding } from '@kura/agent/check/check.ts';
import { planRepair, repair } from '@kura/agent/check/repair.ts';
import { forget } from '@kura/agent/heads/forget.ts';
import { lookBack } from '@kura/agent/heads/look-back.ts';
import { recover } from '@kura/agent/recover/recover.ts';
import type { Fault } from '../life.ts';
import { Violation } from '../model.ts';
import { Site } from '../mortal-disk.ts';
import type { Program } from '../program.ts';
import { compareSnapshot } from '../restore.ts';
import type { Simulation } from '../simulation.ts';
import { refuseFailure } from './save.ts';

/** The invariant: whatever was acknowledged is there, byte for byte. Half the time without any cache. */
export async function restoreAll(simulation: Simulation): Promise<void> {
  const { machine, model, figures } = simulation;
  if (model.snapshots.size === 0) return;
  const isFresh = machine.random.below(3) === 0;
  const name = isFresh ? 'restore without cache' : 'restore';
  machine.coverage.note(name);
  const outcome = await simulation.run({
    name,
    ...(isFresh ? { home: new Site('fresh') } : {}),
    work: async (program) => {
      const reading = await openReading(program, { purpose: 'read' });
      try {
        // A home that recovered has accepted what the stores lack; one that is new has nothing to compare with.
        if (!isFresh) await refuseAlarm(reading, program);
        const stored = new Map(
          (await reading.snapshots.list()).map((one) => [one.id, one] as const),
        );
        for (const [id, tree] of model.snapshots) {
          const found = stored.get(id);
          if (found === undefined) throw new Violation(`snapshot ${id} is not listed`);
          await compareSnapshot(reading, found, tree);
          figures.restores++;
        }
      } finally {
        reading.close();
      }
    },
  });
  refuseFailure('restore', outcome, true);
}

/** Nobody has tampered: whatever died, rotted or burnt, the history is the one that is known (R15). */
async function refuseAlarm(reading: Reading, program: Program): Promise<void> {
  const { findings } = await lookBack(reading.snapshots, program);
  const [first] = findings;
  if (first === undefined) return;
  throw new Violation(`an honest history raised an alarm: ${first.kind} ${first.snapshotId}`);
}

export async function runCheckAndRepair(
  simulation: Simulation,
  faults: { readonly check: Fault | undefined; readonly repair: Fault | undefined },
): Promise<void> {
  const report = await runCheck(simulation, faults.check);
  if (report === undefined || report.hurtPacks.length === 0) return;
  const isCalm = faults.check === undefined && faults.repair === undefined;
  const mustMend = isCalm && simulation.canSave(undefined) && simulation.hasRoom;
  const outcome = await simulation.run({
    name: 'repair',
    ...(faults.repair === undefined ? {} : { fault: faults.repair }),
    work: async (program) => {
      const ports = { ...program, steps: program.repairSteps };
      return repair(planRepair(report, ports), ports);
    },
  });
  refuseFailure('repair', outcome, faults.repair?.kind !== 'error');
  if (outcome.kind !== 'done') return;
  const { copiesHealed, copiesWritten } = outcome.value;
  simulation.machine.coverage.note('copy healed or rewritten', copiesHealed);
  simulation.machine.coverage.note('copy written anew', copiesWritten);
  if (!mustMend) return;
  const after = await runCheck(simulation, undefined);
  const hurt = after?.hurtPacks.find((pack) => pack.intactCopies > 0);
  if (hurt !== undefined) {
    const why = hurt.hurt.map((finding) => finding.why).join('; ');
    throw new Violation(`pack ${hurt.row.packId} is hurt after a repair: ${why}`);
  }
}

async function runCheck(
  simulation: Simulation,
  fault: Fault | undefined,
): Promise<CheckReport | undefined> {
  const outcome = await simulation.run({
    name: 'check',
    ...(fault === undefined ? {} : { fault }),
    work: (program) => check({ kind: 'all' }, program),
  });
  refuseFailure('check', outcome, fault?.kind !== 'error');
  if (outcome.kind !== 'done') return undefined;
  const report = outcome.value;
  if (report.lostSnapshots.length > 0 && fault?.kind !== 'error') {
    throw new Violation(`check says that snapshot ${report.lostSnapshots[0]} is lost`);
  }
  if (fault === undefined) {
    await expectRotNamed(simulation);
    if (report.hurtPacks.every(isGone)) simulation.model.hurt.clear();
  }
  return report;
}

/** A pack that nobody needs may be gone: a killed save leaves some, and prune finds them. */
function isGone({ intactCopies, hurt }: PackFinding): boolean {
  return intactCopies === 0 && hurt.every(({ state }) => state !== 'unreachable');
}

/** Every copy with a rotten leaf that a store shows is no longer counted as held. */
async function expectRotNamed(simulation: Simulation): Promise<void> {
  const { model, machine } = simulation;
  const rows = await simulation.packRows();
  const states = new Map(
    rows.flatMap(({ copies }) => copies.map((copy) => [copy.copyId, copy.state] as const)),
  );
  model.rot = model.rot.filter(({ copyId, storeId, path, position, original }) => {
    const medium = machine.stores.find((store) => store.identity.storeId === storeId)?.site.medium;
    const isThere = medium?.stat(path) !== undefined && medium.peek(path)[position] !== original;
    return isThere && states.has(copyId);
  });
  for (const { copyId, storeId } of model.rot) {
    const { site } = machine.storeById(storeId);
    if (site.isMounted && states.get(copyId) === 'held') {
      throw new Violation(`check did not see that copy ${copyId} at ${site.name} is damaged`);
    }
  }
}

/** Home and tables are gone; words and stores bring everything back, however often it takes. */
export async function runTotalLoss(
  simulation: Simulation,
  fault: Fault | undefined,
): Promise<void> {
  const { machine } = simulation;
  await machine.loseHome();
  const outcome = await simulation.run({
    name: 'recover',
    ...(fault === undefined ? {} : { fault }),
    work: (program) =>
      recover({ ...program, shelves: program.stores, adopting: program.coordinator }),
  });
  refuseFailure('recover', outcome, fault?.kind !== 'error');
  if (outcome.kind !== 'done') return runTotalLoss(simulation, undefined);
  machine.coverage.note('recover passes damaged copies over', outcome.value.passedOver);
  await forgetRevived(simulation);
  await simulation.noteSnapshots(undefined);
  return undefined;
}

/** What was forgotten or never acknowledged may come back, and may be incomplete. */
async function forgetRevived(simulation: Simulation): Promise<void> {
  const rows = await simulation.snapshotRows();
  const revived = rows
    .map((row) => row.snapshotId)
    .filter((id) => !simulation.model.snapshots.has(id));
  if (revived.length === 0) return;
  const outcome = await simulation.run({
    name: 'forget what came back',
    work: (program) => forget(revived, program),
  });
  refuseFailure('forget', outcome, true);
}

// Writes a selection of a snapshot to disk: locate → stage → commit (docs/design/ordering.md). Until the
// commit the target is as it was; a failure during the commit is undone by the journal. Nothing is ever
// written outside the target, but for the staging folder beside a target that is not there yet.
import { asKuraError, type ByteString, errnoOf, KuraError } from '@kura/base';
import { AttributeSetter } from './attribute-setter.ts';
import { Committer } from './commit.ts';
import { encodeJournalHeader } from './journal.ts';
import { LocalWriters } from './local-writers.ts';
import { type Located, Locator } from './locate.ts';
import type { FileWriters, RestoreOptions, RestorePorts, RestoreSummary } from './ports.ts';
import { ProblemList, reasonOf } from './problems.ts';
import { systemProcesses } from './process-table.ts';
import { findStagings, readJournal, recoverInterruptedRestore, settleStaging } from './recover.ts';
import { removeStaging } from './remove-staging.ts';
import { Stager } from './stage.ts';
import { closeStaging, makeStagingFolder, openStaging, type Staging, TREE } from './staging.ts';
import { folderTimeOf } from './staging-name.ts';
import { openTarget, type Target } from './target.ts';

/** Everything that one restore's steps share. */
interface Run {
  readonly options: RestoreOptions;
  readonly ports: RestorePorts;
  readonly target: Target;
  readonly located: Located;
  readonly problems: ProblemList;
}

/** What the system refuses is a KuraError; then the target is as it was, or the message says how not. */
export async function restore(
  options: RestoreOptions,
  ports: RestorePorts,
): Promise<RestoreSummary> {
  try {
    return await runRestore(options, ports);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw asKuraError(error, 'the restore failed, and what was there is as it was', {
      guidance: 'See to the cause and run the restore again.',
    });
  }
}

async function runRestore(options: RestoreOptions, ports: RestorePorts): Promise<RestoreSummary> {
  const startedMs = ports.clock.elapsedMs();
  const problems = new ProblemList();
  noteLeftovers(options, ports, problems);
  const target = openTarget(ports.posix, options.target);
  try {
    const located = await new Locator({ options, ports, target, problems }).run();
    const run: Run = { options, ports, target, located, problems };
    const hasWork = !options.dryRun && isAnythingToDo(located);
    const bytes = hasWork ? await stageAndCommit(run) : options.dryRun ? located.plan.dataBytes : 0;
    const { counts, neededBytes } = located.plan;
    return {
      ...counts,
      bytes,
      neededBytes,
      freeBytes: located.freeBytes,
      durationMs: ports.clock.elapsedMs() - startedMs,
      problems: problems.problems,
      problemCount: problems.count,
    };
  } finally {
    ports.posix.close(target.base);
  }
}

/** A restore that was killed is undone before anything is compared. */
function noteLeftovers(options: RestoreOptions, ports: RestorePorts, problems: ProblemList): void {
  const report = (path: ByteString, message: string): void =>
    problems.report(path, 'leftover', message);
  if (options.dryRun) {
    for (const { name } of findStagings(ports.posix, options.target)) {
      report(name, 'an interrupted restore would be put right first');
    }
    return;
  }
  const { left } = recoverInterruptedRestore(options.target, ports);
  for (const path of left) report(path, 'the staging folder of another restore stays');
}

function isAnythingToDo({ plan }: Located): boolean {
  if (plan.extras.length > 0 || plan.changedFolders.size > 0) return true;
  return plan.folders.some((folder) => folder.isNeeded);
}

async function stageAndCommit(run: Run): Promise<number> {
  const { posix, random } = run.ports;
  const { target } = run;
  const name = makeStagingFolder({ posix, target, random });
  let isBaseChanged: boolean;
  let bytes: number;
  try {
    const staging = openStaging(posix, target, name);
    try {
      ({ bytes, isBaseChanged } = await fillAndMove(run, staging));
    } finally {
      closeStaging(posix, staging);
    }
  } catch (error) {
    throw rollBack(run, name, error);
  }
  tidyUp(run, { name, isBaseChanged });
  return bytes;
}

async function fillAndMove(
  run: Run,
  staging: Staging,
): Promise<{ readonly bytes: number; readonly isBaseChanged: boolean }> {
  const { options, ports, target, located, problems } = run;
  const { posix } = ports;
  const { plan, links } = located;
  const header = encodeJournalHeader((ports.processes ?? systemProcesses).self);
  posix.write(staging.journal, header, 0);
  const setter = setterFor(run);
  const writers = await openWriters(run, staging);
  const stager = new Stager({ options, ports, plan, links, staging, writers, problems, setter });
  let mirror: Awaited<ReturnType<Stager['run']>>;
  try {
    mirror = await stager.run();
  } finally {
    await writers.close();
  }
  const committer = new Committer({
    posix,
    target,
    plan,
    mirror,
    staging,
    setter,
    overwrite: options.overwrite,
    journalBytes: header.length,
    whenMoved: (entries) =>
      ports.progress?.({
        phase: 'commit',
        entries,
        totalEntries: 0,
        bytes: stager.bytes,
        totalBytes: plan.dataBytes,
      }),
  });
  return { isBaseChanged: committer.run(), bytes: stager.bytes };
}

function setterFor({ options, ports, located, problems }: Run): AttributeSetter {
  const prefixDepth = located.plan.rootIndex;
  return new AttributeSetter({ posix: ports.posix, owners: options.owners, problems, prefixDepth });
}

async function openWriters(run: Run, staging: Staging): Promise<FileWriters> {
  const { ports, options, located } = run;
  const { posix, content } = ports;
  const { device, inode } = posix.statusOf(staging.tree);
  const { sparse, owners, verify } = options;
  const place = {
    path: `${staging.path}/${TREE}` as ByteString,
    device,
    inode,
    prefixDepth: located.plan.rootIndex,
    sparse,
    owners,
    verify,
  };
  if (ports.openWriters !== undefined) return await ports.openWriters(place);
  return new LocalWriters({ posix, content, place });
}

/** Returns what to throw. */
function rollBack(run: Run, name: ByteString, error: unknown): unknown {
  const { posix } = run.ports;
  const { base, basePath } = run.target;
  try {
    const journal = readJournal(posix, { base, basePath, name });
    const settled = settleStaging({ posix, base, name, journal });
    if (settled === 'rolled back') return error;
    if (settled === 'finished') return unconfirmed(error);
    return unsettled(error, 'its staging folder could not be removed');
  } catch (second) {
    return unsettled(error, `what was there could not be put back (${reasonOf(second)})`);
  }
}

/** Everything had been moved in when the last sync failed. */
function unconfirmed(error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  return asKuraError(error, 'everything is restored, but the disk did not confirm it', {
    guidance: 'Run the restore again with --verify.',
  });
}

function unsettled(error: unknown, what: string): unknown {
  const isKnown = error instanceof KuraError || errnoOf(error) !== undefined;
  // A mistake of ours is not dressed up as one of the system.
  if (!isKnown) return error;
  const { code, message, context } = asKuraError(error, 'the restore failed');
  return new KuraError(code, `${message}; ${what}`, {
    guidance: 'Run the restore again: the first thing it does is to put back what was there.',
    context,
    cause: error,
  });
}

/** Everything is in place; what fails from here on is reported. */
function tidyUp(
  run: Run,
  done: { readonly name: ByteString; readonly isBaseChanged: boolean },
): void {
  const { ports, target, located, problems } = run;
  const { posix } = ports;
  const { name, isBaseChanged } = done;
  try {
    if (!removeStaging(posix, target.base, name)) {
      problems.report(name, 'leftover', 'the staging folder could not be removed');
    }
    const root = located.plan.folder(0);
    if (root.entry !== undefined && root.setsAttributes) {
      const setter = setterFor(run);
      setter.at([], root.name);
      setter.standingFolder(target.base, root.entry);
    } else if (!isBaseChanged) posix.setTimes(target.base, folderTimeOf(name));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const message = `the target folder’s own attributes: ${reasonOf(error)}`;
    problems.report('' as ByteString, 'attribute', message);
  }
}

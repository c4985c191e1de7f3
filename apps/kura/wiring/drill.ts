// The service behind `drill`: a restore like any other, of a random sample, into a folder that is removed afterwards.
// What came back is noted in the tables (docs/design/drill.md).
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { drawSample, sampleMatcher } from '@kura/agent/drill/sample.ts';
import { type ByteString, byteString, KuraError } from '@kura/base';
import { type DrillRequest, NO_LIMITS } from '../commands/requests.ts';
import type { DrilledView } from '../commands/views.ts';
import { restoreNow } from './get-back.ts';
import { rootOf, storedSnapshot } from './look.ts';
import type { Session } from './session.ts';
import { snapshotView } from './snapshot-view.ts';

export async function drill(session: Session, request: DrillRequest): Promise<DrilledView> {
  const { settings, surroundings } = session;
  const { coordinator } = await session.own();
  const stored = await storedSnapshot(session, request.snapshot);
  const { trees } = await session.readingOf(stored);
  const startMs = surroundings.clock.elapsedMs();
  const sample = await drawSample(trees, rootOf(stored), {
    limits: request.limits,
    random: surroundings.random,
    onEntry: (files) => {
      session.stopIfAsked();
      settings.progress.update({ phase: 'drawing', filesDone: files, bytesDone: 0 });
    },
  });
  const { files, bytes, totalFiles, totalBytes } = sample;
  const scratch = mkdtempSync(`${request.scratch ?? tmpdir()}/kura-drill-`);
  try {
    const { problems } = await restoreNow(session, {
      ...{ snapshot: stored.id, path: '/' as ByteString, target: byteString(scratch) },
      ...{ overwrite: 'always', delete: false, verify: true, dryRun: false, sparse: false },
      ...{ acceptOlder: false, limits: NO_LIMITS, from: undefined, isRandom: true },
      matches: sampleMatcher(sample),
    });
    // Content was compared on the way. What this machine cannot set of an owner or an attribute proves nothing.
    const absent = [...files].filter(([path, size]) => !isThere(`${scratch}${path}`, size));
    if (absent.length > 0) throw notBack(absent.length, problems[0]?.why ?? 'they are not there');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const proof = { files: files.size, bytes, totalFiles, totalBytes };
  await coordinator.noteProof({ snapshotId: stored.id, ...proof });
  const durationMs = surroundings.clock.elapsedMs() - startMs;
  return { snapshot: snapshotView(stored, undefined), ...proof, durationMs };
}

/** `path`: bytes as characters. */
function isThere(path: string, size: number): boolean {
  const stat = lstatSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size === size;
}

function notBack(count: number, why: string): KuraError {
  return new KuraError(
    'io',
    `${count} of the files could not be written into the scratch space: ${why}`,
    {
      guidance: 'Name a folder on a file system that can hold them: --scratch DIR',
    },
  );
}

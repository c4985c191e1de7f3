// Which snapshots a cut would change, what would go, and what room that gives back: all that can be said, and all that
// has to be refused, before anything is written (docs/design/rewrite.md).
import { KuraError } from '@kura/base';
import { Usage } from '../prune/usage.ts';
import { chunkShare, type IsChosen } from '../prune/waste.ts';
import type { Reading } from '../read/reading.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { type IsCut, type TreeSurvey, TreeSurveyor } from './survey-tree.ts';

export interface SnapshotSurvey extends TreeSurvey {
  readonly stored: StoredSnapshot;
}

export interface RewriteSurvey {
  readonly isCut: IsCut;
  /** Those that change, the oldest first. */
  readonly changes: readonly SnapshotSurvey[];
  /**
   * What the chunks that nothing needs any more take at all stores, before parity; undefined if a snapshot cannot be
   * read now, and nobody can say.
   */
  readonly bytesBack: number | undefined;
  readonly surveyor: TreeSurveyor;
}

export interface SurveyRequest {
  readonly chosen: readonly StoredSnapshot[];
  readonly isCut: IsCut;
  readonly reading: Reading;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Throws `refused` for a locked snapshot, and for one of which nothing but folders would be left. */
export async function surveyRewrite(request: SurveyRequest): Promise<RewriteSurvey> {
  const { chosen, isCut, reading, onProgress } = request;
  refuseLocked(chosen);
  const goes = new Usage(reading);
  const stays = new Usage(reading);
  const surveyor = new TreeSurveyor({
    ...{ trees: reading.trees, isCut },
    onGoes: (entry) => goes.addEntry(entry),
    onStays: (entry) => stays.addEntry(entry),
  });
  const changes: SnapshotSurvey[] = [];
  for (const [index, stored] of chosen.entries()) {
    const root = { content: [stored.snapshot.root], isList: false };
    const found = await surveyor.survey(root);
    if (found.files + found.folders > 0) changes.push({ stored, ...found });
    onProgress?.(index + 1, chosen.length);
  }
  refuseEmptied(changes);
  const walked = new Set(chosen.map(({ id }) => id));
  const bytesBack = changes.length === 0 ? 0 : await bytesOf(goes, { stays, walked, reading });
  return { isCut, changes, bytesBack, surveyor };
}

interface Staying {
  readonly stays: Usage;
  /** What stays of these is known already. */
  readonly walked: ReadonlySet<string>;
  readonly reading: Reading;
}

/** Whoever prunes later would have to read all of this as well. */
async function bytesOf(
  goes: Usage,
  { stays, walked, reading }: Staying,
): Promise<number | undefined> {
  try {
    const all = await reading.snapshots.list();
    const others = all.filter(({ id }) => !walked.has(id));
    for (const { snapshot } of others) await stays.addSnapshot(snapshot);
    const isFreed: IsChosen = (_, { id }) => goes.uses(id) && !stays.uses(id);
    let bytes = 0;
    for (const number of goes.packs) {
      const entry = reading.catalogue.byNumber(number);
      const { chosenBytes } = await chunkShare(entry, reading, isFreed);
      bytes += chosenBytes * entry.row.copies.length;
    }
    return Math.round(bytes);
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

function refuseLocked(chosen: readonly StoredSnapshot[]): void {
  const locked = chosen.filter(({ snapshot }) => snapshot.lock !== undefined);
  if (locked.length === 0) return;
  throw new KuraError('refused', `locked: ${shortIds(locked)}; a stamped tree is not rewritten`, {
    guidance: 'Name the other snapshots; a locked one can only go as a whole: kura forget.',
  });
}

function refuseEmptied(changes: readonly SnapshotSurvey[]): void {
  const emptied = changes.filter(({ kept }) => kept === 0).map(({ stored }) => stored);
  if (emptied.length === 0) return;
  throw new KuraError('refused', `nothing but folders would be left of ${shortIds(emptied)}`, {
    guidance: 'Give narrower patterns, or drop the whole snapshot: kura forget.',
  });
}

const MAX_NAMED = 5;

function shortIds(snapshots: readonly StoredSnapshot[]): string {
  const named = snapshots.slice(0, MAX_NAMED).map(({ id }) => id.slice(0, 8));
  const more = snapshots.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

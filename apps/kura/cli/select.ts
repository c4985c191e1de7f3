// Which snapshots a person means: by "latest", by the beginning of an id, by machine, path and tags. The
// same everywhere, and the same as in restic.
import { resolve } from 'node:path';
import { byteString, KuraError } from '@kura/base';
import type { SnapshotView } from '../commands/views.ts';
import type { FilterOptions } from './options.ts';

export const SHORT_ID_LENGTH = 8;
/** An id of fewer characters would soon mean two snapshots. */
const LEAST_PREFIX = 4;
const MAX_CANDIDATES = 5;

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH);
}

function hasTags(snapshot: SnapshotView, list: string): boolean {
  const wanted = list.split(',').map((tag) => tag.trim());
  // `--tag ''` selects what has no tag at all.
  if (wanted.every((tag) => tag === '')) return snapshot.tags.length === 0;
  return wanted.every((tag) => tag === '' || snapshot.tags.includes(tag));
}

/** host: one of them · path: all of them · tag: all of one of the lists. */
export function filterSnapshots(
  snapshots: readonly SnapshotView[],
  { host = [], path = [], tag = [] }: FilterOptions,
): SnapshotView[] {
  const paths = path.map((name) => byteString(resolve(name)));
  return snapshots.filter(
    (snapshot) =>
      (host.length === 0 || host.includes(snapshot.hostname)) &&
      paths.every((name) => snapshot.paths.includes(name)) &&
      (tag.length === 0 || tag.some((list) => hasTags(snapshot, list))),
  );
}

function isFiltered({ host, path, tag }: FilterOptions): boolean {
  return [host, path, tag].some((list) => (list ?? []).length > 0);
}

function noSnapshot(filter: FilterOptions): KuraError {
  const what = isFiltered(filter)
    ? 'no snapshot matches these filters'
    : 'there is no snapshot yet';
  return new KuraError('not_found', what, {
    guidance: isFiltered(filter) ? 'See them all: kura snapshots' : 'Make one: kura backup FOLDER',
  });
}

/** One snapshot: "latest" among those that the filters leave, or the beginning of any id. */
export function findSnapshot(
  snapshots: readonly SnapshotView[],
  name: string,
  filter: FilterOptions,
): SnapshotView {
  if (name === 'latest') {
    const newest = filterSnapshots(snapshots, filter).reduce<SnapshotView | undefined>(
      (best, next) => (best === undefined || next.timeMs >= best.timeMs ? next : best),
      undefined,
    );
    if (newest === undefined) throw noSnapshot(filter);
    return newest;
  }
  const prefix = name.toLowerCase();
  const found = snapshots.filter((snapshot) => snapshot.id.startsWith(prefix));
  const [first, second] = found;
  if (first === undefined || prefix === '') {
    throw new KuraError('not_found', `there is no snapshot "${name}"`, {
      guidance: 'Use "latest", or the beginning of an id that `kura snapshots` shows.',
    });
  }
  if (second === undefined) {
    if (prefix.length >= LEAST_PREFIX) return first;
    throw new KuraError('usage', `"${name}" is too short: it may soon be more than one snapshot`, {
      guidance: `Write at least ${LEAST_PREFIX} characters of the id: ${shortId(first.id)}.`,
    });
  }
  const candidates = found.slice(0, MAX_CANDIDATES).map(({ id }) => shortId(id));
  throw new KuraError('usage', `"${name}" could be more than one snapshot`, {
    guidance: `Write more of the id: ${candidates.join(', ')}.`,
  });
}

/** Those that are named, in that order and once each; without names, those that the filters leave. */
export function selectSnapshots(
  snapshots: readonly SnapshotView[],
  names: readonly string[],
  filter: FilterOptions,
): SnapshotView[] {
  if (names.length === 0) return filterSnapshots(snapshots, filter);
  return [...new Set(names.map((name) => findSnapshot(snapshots, name, filter)))];
}

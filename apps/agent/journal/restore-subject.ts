// What a restore was about, and what came of it. Where it went is the device's own matter, so all of it is in the line
// that only the member opens; the service learns that something was restored, and how that ended.
import { type ByteString, displayName, type SnapshotId } from '@kura/base';

/** Entries of every type, and the content that was written; of a dry run, that would be. */
export interface Brought {
  readonly entries: number;
  readonly bytes: number;
  readonly problems: number;
}

export interface RestoreSubject {
  readonly hostname: string;
  readonly snapshotId: string;
  /** Within the snapshot. */
  readonly path: string;
  /** Only what patterns chose of it. */
  readonly isSelection: boolean;
  /** Null: one file, to wherever the command's output went. */
  readonly target: string | null;
  readonly isDryRun: boolean;
  /** Null: it has not ended, or it failed. */
  readonly brought: Brought | null;
}

/** Of all that a session may be about only a restore is of one snapshot. */
export const isOfRestore = (subject: object): subject is RestoreSubject => 'snapshotId' in subject;

export interface RestoreToNote {
  readonly hostname: string;
  readonly snapshot: SnapshotId;
  readonly path: ByteString;
  readonly isSelection: boolean;
  readonly target: ByteString | undefined;
  readonly isDryRun: boolean;
}

export function restoreSubject({ snapshot, path, target, ...rest }: RestoreToNote): RestoreSubject {
  return {
    ...rest,
    snapshotId: snapshot,
    path: displayName(path),
    target: target === undefined ? null : displayName(target),
    brought: null,
  };
}

const NAMES = ['hostname', 'path', 'target'] as const;

/** With the longest of its names cut to half, its beginning, until `fits`. */
export function shortened(
  subject: RestoreSubject,
  fits: (subject: RestoreSubject) => boolean,
): RestoreSubject {
  let fit = subject;
  while (!fits(fit)) {
    const lengthOf = (name: (typeof NAMES)[number]): number => fit[name]?.length ?? 0;
    const longest = NAMES.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0] ?? 'path';
    const characters = [...(fit[longest] ?? '')];
    fit = { ...fit, [longest]: `${characters.slice(0, characters.length / 2 - 1).join('')}…` };
  }
  return fit;
}

export function isRestoreSubject(json: object): json is RestoreSubject {
  const { hostname, snapshotId, path, isSelection, target, isDryRun, brought } = json as Record<
    string,
    unknown
  >;
  return (
    [hostname, snapshotId, path].every((value) => typeof value === 'string') &&
    [isSelection, isDryRun].every((value) => typeof value === 'boolean') &&
    (target === null || typeof target === 'string') &&
    (brought === null || isBrought(brought))
  );
}

function isBrought(json: unknown): json is Brought {
  if (typeof json !== 'object' || json === null) return false;
  const { entries, bytes, problems } = json as Record<string, unknown>;
  return [entries, bytes, problems].every((value) => typeof value === 'number');
}

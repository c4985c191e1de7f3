// How the same things look in every command: times, places, snapshots, modes.
import { type ByteString, displayName, formatBytes, isUtf8 } from '@kura/base';
import type { FileType } from '@kura/native';
import { shortId } from '../cli/select.ts';
import type { Json } from '../output/output.ts';
import type { CommandContext } from './types.ts';
import type {
  NetworkView,
  PlaceView,
  ProblemView,
  ProofView,
  SnapshotView,
  StoreView,
} from './views.ts';

/** "2026-11-21 08:49:07", where this person is. */
export function localTime(timeMs: number, { zoneOffsetMs }: CommandContext): string {
  return new Date(timeMs + zoneOffsetMs(timeMs)).toISOString().slice(0, 19).replace('T', ' ');
}

/** RFC 3339 in UTC with all nine digits: nothing of a file's time is lost. */
export function exactTime(timeNs: bigint): string {
  const perSecond = 1_000_000_000n;
  const fraction = ((timeNs % perSecond) + perSecond) % perSecond;
  const whole = new Date(Number((timeNs - fraction) / 1_000_000n)).toISOString();
  return `${whole.slice(0, -5)}.${String(fraction).padStart(9, '0')}Z`;
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** "Osaka (jp-osaka)", or the coordinates alone. */
export function placeText({ city, cityName }: PlaceView): string {
  return city === cityName ? city : `${cityName} (${city})`;
}

const TYPE_LETTERS: Readonly<Record<FileType, string>> = {
  file: '-',
  folder: 'd',
  symlink: 'l',
  fifo: 'p',
  character: 'c',
  block: 'b',
  socket: 's',
};

/** restic's names, for scripts that know them. */
export const TYPE_NAMES: Readonly<Record<FileType, string>> = {
  file: 'file',
  folder: 'dir',
  symlink: 'symlink',
  fifo: 'fifo',
  character: 'chardev',
  block: 'dev',
  socket: 'socket',
};

/** "drwxr-xr-x", with s, S, t and T as `ls` writes them. */
export function modeText(type: FileType, mode: number): string {
  const triple = (shift: number, special: boolean, letter: string): string => {
    const bits = (mode >> shift) & 7;
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  return [
    TYPE_LETTERS[type],
    triple(6, (mode & 0o4000) !== 0, 's'),
    triple(3, (mode & 0o2000) !== 0, 's'),
    triple(0, (mode & 0o1000) !== 0, 't'),
  ].join('');
}

export function pathsText(paths: readonly ByteString[]): string {
  return paths.map(displayName).join(', ');
}

/** Paths as strings, and all of them exactly if one is not UTF-8. */
export function jsonPaths(paths: readonly ByteString[]): Readonly<Record<string, Json>> {
  const exact = paths.map((path) => Buffer.from(path, 'latin1').toString('base64'));
  return {
    paths: paths.map(displayName),
    ...(paths.every(isUtf8) ? {} : { paths_base64: exact }),
  };
}

export function snapshotJson(snapshot: SnapshotView): { readonly [key: string]: Json | undefined } {
  const { id, timeMs, hostname, username, tags, kind, parent, original, tree, statistics } =
    snapshot;
  const { proof } = snapshot;
  return {
    id,
    short_id: shortId(id),
    time: new Date(timeMs).toISOString(),
    hostname,
    username,
    ...jsonPaths(snapshot.paths),
    tags,
    kind,
    parent: parent ?? null,
    ...(original === undefined ? {} : { original }),
    tree,
    ...(proof === 'unknown' ? {} : { proved: proof === undefined ? null : proofJson(proof) }),
    summary: {
      files_new: statistics.filesNew,
      files_changed: statistics.filesChanged,
      files_unmodified: statistics.filesUnmodified,
      dirs_new: statistics.dirsNew,
      dirs_changed: statistics.dirsChanged,
      dirs_unmodified: statistics.dirsUnmodified,
      data_added: statistics.dataAdded,
      data_added_packed: statistics.dataAddedPacked,
      total_files_processed: statistics.totalFilesProcessed,
      total_bytes_processed: statistics.totalBytesProcessed,
      total_duration: statistics.durationMs / 1000,
    },
  };
}

/** "2026-11-21 100 of 1,204 files", "never". */
export function proofText(proof: SnapshotView['proof'], context: CommandContext): string {
  if (proof === undefined) return 'never';
  if (proof === 'unknown') return '?';
  const { provedMs, files, totalFiles } = proof;
  const part = files === totalFiles ? 'whole' : `${files} of ${totalFiles} files`;
  return `${localTime(provedMs, context).slice(0, 10)} ${part}`;
}

function proofJson({ provedMs, files, bytes, totalFiles, totalBytes }: ProofView) {
  const figures = { files, bytes, total_files: totalFiles, total_bytes: totalBytes };
  return { time: new Date(provedMs).toISOString(), ...figures };
}

export function placeJson({ city, cityName, lat, lon }: PlaceView) {
  return { city, city_name: cityName, lat, lon };
}

export function storeJson(store: StoreView) {
  const { storeId, folder, cipher, state, freeBytes } = store;
  return { store: storeId, folder, ...placeJson(store), cipher, state, free_bytes: freeBytes };
}

export function networkJson({ memberId, home, copies, stores }: NetworkView) {
  return { member_id: memberId, home: placeJson(home), copies, stores: stores.map(storeJson) };
}

/** One line per store. */
export function networkLines({ home, copies, stores }: NetworkView): string[] {
  return [
    `home in ${placeText(home)}, ${plural(copies, 'copy', 'copies')} of everything, ${plural(stores.length, 'store')}:`,
    ...stores.map((store) => {
      const free = `${formatBytes(store.freeBytes)} free`;
      return `  ${store.folder} in ${placeText(store)}, ${store.cipher}, ${free}`;
    }),
  ];
}

/** Warnings for what did not work, at most twenty of them for a person. */
export function warnOfProblems(
  context: CommandContext,
  { problems, problemCount }: { problems: readonly ProblemView[]; problemCount: number },
): void {
  const { output } = context;
  const shown = output.isJson || output.isVerbose ? problems : problems.slice(0, 20);
  for (const { path, why } of shown) {
    const text = displayName(path);
    output.warning(`${text}: ${why}`, output.isJson ? { path: text } : {});
  }
  const more = problemCount - shown.length;
  if (more > 0) output.warning(`and ${more} more (--verbose shows them)`);
}

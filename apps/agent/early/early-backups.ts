// What a device remembers of backups that it handed over (`--hang-up early`), until it has seen their copies itself: of
// each pack the hashes of leaves as they were sealed here, at places that it told nobody. Sealed in the home, a file a
// backup; losing one loses the look, and nothing of what was saved (docs/design/network.md, "Hang up").
import {
  type FileAccess,
  KuraError,
  MAX_STORES,
  readSmallFile,
  replaceFile,
  type SnapshotId,
  utf8,
} from '@kura/base';
import { type Infer, list, record, timeMs, whole } from '@kura/contract/wire/shape.ts';
import {
  hash,
  leafCount,
  MAX_PACK_LEAVES,
  packIdShape,
  sessionIdShape,
  snapshotIdShape,
  storeIdShape,
} from '@kura/contract/wire/shapes.ts';
import { type MemberKeys, openLocal, sealLocal } from '@kura/member-seal';
import type { HomePaths } from '../home.ts';

/** 1.6 TB in one backup, of packs of the largest size; of the others nothing is remembered, and that is told. */
const MAX_EARLY_PACKS = 100_000;
/** More than one pack takes, with copies at two stores. */
const PACK_JSON_BYTES = 512;
const MAX_FILE_BYTES = MAX_EARLY_PACKS * PACK_JSON_BYTES;
const PURPOSE = 'early backup';
const ENDING = '.sealed';

const sealedLeaf = record({
  index: whole({ min: 0, max: MAX_PACK_LEAVES }),
  /** SHA-256 of the leaf under the member's seal, without any store's cipher. */
  sha256: hash,
});

const earlyPack = record({
  packId: packIdShape,
  leafCount,
  leaves: list(sealedLeaf, { maxItems: 8 }),
  /** Stores where the copy was looked at, and was this pack. */
  seen: list(storeIdShape, { maxItems: MAX_STORES }),
});

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

const earlyBackup = record({
  snapshotId: snapshotIdShape,
  /** The network ends it when it has made the snapshot. */
  session: sessionIdShape,
  handedOverMs: timeMs,
  /** Of the packs that were handed over, those seen at strength. */
  seen: count,
  /** Those that the network knows no more, as after a prune. */
  gone: count,
  /** Those of which nothing could be remembered. */
  forgotten: count,
  /** All others. */
  packs: list(earlyPack, { maxItems: MAX_EARLY_PACKS }),
});

export type EarlyPack = Infer<typeof earlyPack>;
export type EarlyBackup = Infer<typeof earlyBackup>;

export interface EarlyPlace extends FileAccess {
  readonly home: Pick<HomePaths, 'earlyFolder'>;
  readonly keys: Pick<MemberKeys, 'localKey'>;
}

/** What is handed over next. Durable. */
export function rememberEarly(
  place: EarlyPlace,
  backup: Omit<EarlyBackup, 'seen' | 'gone' | 'forgotten'>,
): Promise<void> {
  const packs = backup.packs.slice(0, MAX_EARLY_PACKS);
  const forgotten = backup.packs.length - packs.length;
  return keepEarly(place, { ...backup, seen: 0, gone: 0, forgotten, packs });
}

/** In place of what was kept of it before. Durable. */
export async function keepEarly(place: EarlyPlace, backup: EarlyBackup): Promise<void> {
  const { disk, home, keys, random } = place;
  disk.makeFolder(home.earlyFolder);
  const bytes = utf8(JSON.stringify(earlyBackup.write(backup)));
  const sealed = sealLocal({ localKey: keys.localKey, purpose: PURPOSE, bytes, random });
  await replaceFile(place, pathOf(place, backup.snapshotId), sealed);
}

/** The oldest first. `onDamaged`: hears of each that cannot be read. */
export function earlyBackups(
  { disk, home, keys }: EarlyPlace,
  onDamaged: (path: string) => void,
): readonly EarlyBackup[] {
  if (disk.stat(home.earlyFolder) === undefined) return [];
  const names = disk.list(home.earlyFolder).map(({ name }) => name);
  const kept = names.flatMap((name) => {
    const path = `${home.earlyFolder}/${name}`;
    if (!name.endsWith(ENDING)) return [];
    try {
      const refuse = (): never => {
        throw new KuraError('corrupt', `${path} is far too long`);
      };
      const sealed = readSmallFile(disk, { path, maxBytes: MAX_FILE_BYTES, refuse });
      if (sealed === undefined) return [];
      const bytes = openLocal({ localKey: keys.localKey, purpose: PURPOSE, sealed });
      return [earlyBackup.read(JSON.parse(Buffer.from(bytes).toString('utf8')), '', 'ignored')];
    } catch (error) {
      if (!(error instanceof KuraError || error instanceof SyntaxError)) throw error;
      onDamaged(path);
      return [];
    }
  });
  return kept.sort((a, b) => a.handedOverMs - b.handedOverMs);
}

export function dropEarly(place: EarlyPlace, snapshotId: SnapshotId): void {
  const path = pathOf(place, snapshotId);
  if (place.disk.stat(path) !== undefined) place.disk.unlink(path);
}

function pathOf({ home }: EarlyPlace, snapshotId: SnapshotId): string {
  return `${home.earlyFolder}/${snapshotId}${ENDING}`;
}

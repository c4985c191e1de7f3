// Takes out of the home what caches keep for nobody: packs and index records of packs that are no more, and what
// was never finished. Only when no other session lives: what is being written has no row yet. It is a cache, so
// a home that refuses is left as it is.
import { errnoOf, type PackId } from '@kura/base';
import {
  type IndexAccess,
  type IndexRecord,
  IndexWriter,
  indexFiles,
  readIndexFile,
} from '../index/index-file.ts';
import { PackCatalogue } from '../index/pack-catalogue.ts';
import { strengthOf } from '../index/strength.ts';
import type { PrunePorts } from './ports.ts';

export async function tidyHome(ports: PrunePorts): Promise<void> {
  const { disk, home, keys, coordinator, destroyer, network, clock } = ports;
  const access = { disk, folder: home.indexFolder, localKey: keys.localKey };
  // Listed first: what a session begins after this is in neither list.
  const packFiles = unlessRefused(() => disk.list(home.packFolder)) ?? [];
  const files = indexFiles(access);
  if (!(await destroyer.isAlone())) return;
  const catalogue = await PackCatalogue.load(coordinator, strengthOf(network, clock.nowMs()));
  for (const { name } of packFiles) {
    if (catalogue.byId(name as PackId) !== undefined) continue;
    unlessRefused(() => disk.unlink(`${home.packFolder}/${name}`));
  }
  unlessRefused(() => thinIndex(files, catalogue, { ...access, random: ports.random }));
}

/** Files with records of dropped packs, or with none that can be read, give way to one without them. */
function thinIndex(
  files: readonly string[],
  catalogue: PackCatalogue,
  access: IndexAccess & Pick<PrunePorts, 'random'>,
): void {
  const outdated: string[] = [];
  const living: IndexRecord[] = [];
  for (const path of files) {
    const records = [...readIndexFile(path, access)];
    const known = records.filter(({ packId }) => catalogue.byId(packId) !== undefined);
    if (known.length === records.length && known.length > 0) continue;
    outdated.push(path);
    living.push(...known);
  }
  write(living, access);
  for (const path of outdated) access.disk.unlink(path);
}

/** All or nothing: the old files go only when all is in the new one. */
function write(
  records: readonly IndexRecord[],
  access: IndexAccess & Pick<PrunePorts, 'random'>,
): void {
  if (records.length === 0) return;
  const writer = new IndexWriter(access);
  try {
    for (const record of records) writer.append(record);
    writer.close();
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/** Undefined if the system refuses. */
function unlessRefused<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

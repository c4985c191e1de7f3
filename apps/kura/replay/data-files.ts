// The files that a manifest's steps name: beside the manifest, in the folder above it (where this project keeps its
// data), or among the data that comes with Kura; never anywhere else.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asKuraError, KuraError, MIB } from '@kura/base';
import { type Manifest, refuseEscape } from '@kura/coordinator/hazards/replay/manifest.ts';

const SHIPPED = fileURLToPath(new URL('../../../data/hazards', import.meta.url));
/** A ShakeMap grid may have 40 MiB. */
const MAX_FILE_BYTES = 64 * MIB;
const MAX_ALL_BYTES = 512 * MIB;

/** All of them, read once. Throws `missing` for the first that is not there, `hostile`, `too_large`. */
export function readDataFiles(
  manifestPath: string,
  { steps }: Manifest,
): ReadonlyMap<string, Uint8Array> {
  const folder = dirname(resolve(manifestPath));
  const found = new Map<string, Uint8Array>();
  let allBytes = 0;
  for (const { file } of steps) {
    if (file === undefined || found.has(file)) continue;
    refuseEscape(file);
    const bytes = readOne(file, [folder, dirname(folder), SHIPPED]);
    allBytes += bytes.length;
    if (allBytes > MAX_ALL_BYTES) throw tooLarge(file);
    found.set(file, bytes);
  }
  return found;
}

function readOne(file: string, folders: readonly string[]): Uint8Array {
  const path = folders.map((folder) => resolve(folder, file)).find((one) => existsSync(one));
  if (path === undefined) {
    throw new KuraError('missing', `the step's file ${file} is not there`, {
      guidance: `It is looked for in: ${[...new Set(folders)].join(', ')}.`,
    });
  }
  try {
    if (statSync(path).size > MAX_FILE_BYTES) throw tooLarge(file);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw asKuraError(error, `the step's file ${file} cannot be read`);
  }
}

const tooLarge = (file: string): KuraError =>
  new KuraError('too_large', `the step's file ${file} is too large`);

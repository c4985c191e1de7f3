// Whether anybody else on the machine may read what a configuration keeps in files of their own. It is said and not
// refused: a group that reads is usual where secrets are handed out, and a program that does not start helps nobody.
import { statSync } from 'node:fs';
import { errnoOf } from '@kura/base';
import type { LoadedConfig } from './load.ts';

/** Of a file's mode: every user may read, write or look up. */
const OTHERS = 0o007;

/** A sentence each. What is not there, or cannot be looked at, is told by whoever needs it. */
export function exposedSecrets({
  secretFiles,
}: Pick<LoadedConfig<unknown>, 'secretFiles'>): readonly string[] {
  return [...secretFiles].flatMap(([key, file]) =>
    isOpenToOthers(file)
      ? [`"${key}" is open to every user of this machine: chmod 600 ${file}`]
      : [],
  );
}

function isOpenToOthers(file: string): boolean {
  try {
    return (statSync(file).mode & OTHERS) !== 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

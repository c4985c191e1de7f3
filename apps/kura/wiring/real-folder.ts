// Where a folder really is. Shelves follow no links, so a store that is named through one is kept under the path
// that the link leads to now: whoever turns the link elsewhere later does not swap the store.
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '@kura/base';

/** `path` is absolute, and need not exist. A part that cannot be resolved stays as it is: opening it says why. */
export function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    if (dirname(path) === path) return path;
    return join(realFolder(dirname(path)), basename(path));
  }
}

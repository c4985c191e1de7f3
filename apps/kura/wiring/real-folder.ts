// Where a folder really is. Shelves follow no links, so a store that is named through one is kept under the path
// that the link leads to now: whoever turns the link elsewhere later does not swap the store.
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '@kura/base';

/** `path` is absolute, and need not exist. What cannot be resolved is left as it is: opening it will say why. */
export function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT';
    if (!isMissing || dirname(path) === path) return path;
    return join(realFolder(dirname(path)), basename(path));
  }
}

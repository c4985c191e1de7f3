// What --delete removes: entries of the target's folders that the snapshot's folders do not have. It only
// looks; removing is part of the commit, with the journal. What `matches` does not accept stays, and so
// does every folder that still holds something that stays.
import { type ByteString, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import type { FileType } from '@kura/native';
import type { FolderCursor } from './folder-cursor.ts';
import type { Extra, RestorePlan } from './plan.ts';
import type { Match, RestorePosix } from './ports.ts';
import { isStagingName } from './staging-name.ts';
import { isOtherMount, refuseMount, type Target } from './target.ts';

export interface ExtrasOptions {
  readonly posix: RestorePosix;
  readonly target: Target;
  readonly folders: FolderCursor;
  readonly plan: RestorePlan;
  readonly matches: (path: ByteString) => Match;
}

interface Found {
  readonly extras: Extra[];
  /** Entries of all depths that go. */
  readonly count: number;
  /** Nothing in it stays, and neither does it. */
  readonly isWhole: boolean;
}

const KEPT: Found = { extras: [], count: 0, isWhole: false };

export class ExtrasFinder {
  readonly #options: ExtrasOptions;

  constructor(options: ExtrasOptions) {
    this.#options = options;
  }

  /** Names in the open folder that the snapshot does not have. */
  collect(folder: readonly ByteString[], names: ReadonlySet<ByteString>): void {
    const { plan, posix, folders } = this.#options;
    for (const { name } of posix.readFolderOf(folders.open(folder))) {
      if (names.has(name)) continue;
      const { extras, count } = this.#look(folder, name);
      plan.extras.push(...extras);
      plan.counts.deleted += count;
    }
  }

  #look(folder: readonly ByteString[], name: ByteString): Found {
    const { posix, folders, plan, matches } = this.#options;
    if (isStagingName(name)) return KEPT;
    const shown = [...folder.slice(plan.rootIndex), name].join('/') as ByteString;
    const match = matches(shown);
    if (match === 'prune') return KEPT;
    const type: FileType | undefined = posix.statusAt(folders.open(folder), name)?.type;
    if (type === undefined) return KEPT;
    if (type === 'folder') return this.#lookInside(folder, name, match);
    return match ? { extras: [{ folder, name }], count: 1, isWhole: true } : KEPT;
  }

  #lookInside(parent: readonly ByteString[], name: ByteString, match: boolean): Found {
    const { posix, folders, target } = this.#options;
    const path = [...parent, name];
    if (path.length > MAX_TREE_DEPTH) {
      throw new KuraError('too_large', 'the target is too deep to delete from', {
        guidance: 'Run the restore without --delete, or to a new folder.',
      });
    }
    const opened = folders.open(path);
    if (isOtherMount(posix, target.base, opened)) refuseMount(path.join('/') as ByteString);
    const inside = posix.readFolderOf(opened).map((entry) => this.#look(path, entry.name));
    const count = inside.reduce((total, found) => total + found.count, 0);
    if (match && inside.every(({ isWhole }) => isWhole)) {
      return { extras: [{ folder: parent, name }], count: count + 1, isWhole: true };
    }
    return { extras: inside.flatMap(({ extras }) => extras), count, isWhole: false };
  }
}

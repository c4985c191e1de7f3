// The third step: moves what is staged to where it belongs, and what was there to undo/. The journal is on
// the medium before the first move; a failure at any point is undone from it (recover.ts). Folders keep
// their identity: only their entries are exchanged, and their attributes and times are set last.
import { type ByteString, displayName, KuraError } from '@kura/base';
import type { Descriptor } from '@kura/native';
import type { AttributeSetter } from './attribute-setter.ts';
import { encodePlan, JOURNAL_END, type JournalFolder, type Swap } from './journal.ts';
import type { Mirror } from './mirror.ts';
import type { Extra, RestorePlan } from './plan.ts';
import type { OverwriteRule, RestorePosix } from './ports.ts';
import type { Staging } from './staging.ts';
import { folderTimeOf } from './staging-name.ts';
import { isOtherMount, refuseMount, type Target } from './target.ts';
import { undoName } from './undo.ts';

export interface CommitOptions {
  readonly posix: RestorePosix;
  readonly target: Target;
  readonly plan: RestorePlan;
  readonly mirror: Mirror;
  readonly staging: Staging;
  readonly setter: AttributeSetter;
  readonly overwrite: OverwriteRule;
  /** Where the journal's header ends. */
  readonly journalBytes: number;
  readonly whenMoved: (entries: number) => void;
}

export class Committer {
  readonly #given: CommitOptions;
  readonly #extras = new Map<string, Extra[]>();
  readonly #changesAttributes = new Set<number>();
  #undoCount = 0;
  #moved = 0;

  constructor(given: CommitOptions) {
    this.#given = given;
    for (const extra of given.plan.extras) {
      const key = extra.folder.join('/');
      const known = this.#extras.get(key);
      if (known === undefined) this.#extras.set(key, [extra]);
      else known.push(extra);
    }
  }

  /** Returns whether entries of the base itself were exchanged. */
  run(): boolean {
    const { posix, staging } = this.#given;
    const folders = this.#planFolders();
    if (folders.length === 0) return false;
    const journalEnd = this.#writeJournal(folders);
    for (const folder of folders) this.#exchange(folder);
    this.#setAttributes();
    posix.syncFileSystem?.(staging.folder);
    this.#writeEnd(journalEnd);
    return folders.some(({ path, swaps }) => path.length === 0 && swaps.length > 0);
  }

  #planFolders(): JournalFolder[] {
    const { plan, mirror } = this.#given;
    const mirrored = new Map<number, Set<ByteString>>();
    for (const [index, { parent, name, isThere }] of plan.folders.entries()) {
      if (!isThere || !mirror.isMade(index)) continue;
      const names = mirrored.get(parent) ?? new Set();
      mirrored.set(parent, names.add(name));
    }
    const folders: JournalFolder[] = [];
    for (const [index, record] of plan.folders.entries()) {
      if (!record.isThere) continue;
      const folder = this.#planFolder(index, mirrored.get(index) ?? new Set());
      if (folder !== undefined) folders.push(folder);
    }
    // What is left lies in folders that the snapshot does not have, but that keep something.
    for (const extras of this.#extras.values()) {
      const path = extras[0]?.folder ?? [];
      const swaps = extras.map(({ name }) => this.#removal(name));
      folders.push(this.#describe(path, swaps, { withAttributes: false }));
    }
    return folders;
  }

  #planFolder(index: number, mirrored: ReadonlySet<ByteString>): JournalFolder | undefined {
    const { plan, mirror, staging } = this.#given;
    const record = plan.folder(index);
    const path = plan.names(index);
    const key = path.join('/');
    const extras = this.#extras.get(key) ?? [];
    this.#extras.delete(key);
    const swaps = extras.map(({ name }) => this.#removal(name));
    if (mirror.isMade(index)) {
      const standing = staging.standing.open(path);
      for (const { name } of this.#given.posix.readFolderOf(staging.staged.open(path))) {
        if (!mirrored.has(name)) swaps.push(this.#swap(standing, name, path));
      }
    }
    const isTouched = swaps.length > 0 || plan.changedFolders.has(index);
    // The base gets its attributes when the staging folder in it is gone.
    const withAttributes = record.setsAttributes && isTouched && index > 0;
    if (withAttributes) this.#changesAttributes.add(index);
    if (swaps.length === 0 && !withAttributes) return undefined;
    return this.#describe(path, swaps, { withAttributes });
  }

  #removal(name: ByteString): Swap {
    return { name, undo: this.#undoCount++, movesIn: false };
  }

  #swap(standing: Descriptor, name: ByteString, path: readonly ByteString[]): Swap {
    const { posix, overwrite } = this.#given;
    const isThere = posix.statusAt(standing, name) !== undefined;
    if (isThere && overwrite === 'never') this.#refuseChange([...path, name]);
    return { name, undo: isThere ? this.#undoCount++ : undefined, movesIn: true };
  }

  #describe(
    path: readonly ByteString[],
    swaps: readonly Swap[],
    { withAttributes }: { readonly withAttributes: boolean },
  ): JournalFolder {
    const { posix, target, staging } = this.#given;
    const file = staging.standing.open(path);
    if (path.length > 0 && isOtherMount(posix, target.base, file)) refuseMount(shown(path));
    const { mode, uid, gid, mtimeNs: now } = posix.statusOf(file);
    // The base had this time before the staging folder was made in it.
    const mtimeNs = path.length === 0 ? folderTimeOf(staging.name) : now;
    const attributes = withAttributes ? posix.attributesOf(file) : undefined;
    return { path, mode, uid, gid, mtimeNs, attributes, swaps };
  }

  /** Returns the length of the journal so far. */
  #writeJournal(folders: readonly JournalFolder[]): number {
    const { posix, staging, target, journalBytes } = this.#given;
    const bytes = encodePlan(folders);
    posix.write(staging.journal, bytes, journalBytes);
    posix.sync(staging.journal);
    posix.sync(staging.folder);
    posix.sync(target.base);
    return journalBytes + bytes.length;
  }

  #exchange({ path, swaps }: JournalFolder): void {
    const { posix, staging, whenMoved } = this.#given;
    if (swaps.length === 0) return;
    const standing = staging.standing.open(path);
    const staged = swaps.some(({ movesIn }) => movesIn) ? staging.staged.open(path) : undefined;
    for (const { name, undo, movesIn } of swaps) {
      if (undo !== undefined) posix.renameAt(standing, name, staging.undo, undoName(undo));
      if (movesIn && staged !== undefined) {
        // Moving would replace it without a trace.
        if (posix.statusAt(standing, name) !== undefined) this.#refuseChange([...path, name]);
        posix.renameAt(staged, name, standing, name);
      }
    }
    this.#sync(standing);
    this.#moved += swaps.length;
    whenMoved(this.#moved);
  }

  #refuseChange(path: readonly ByteString[]): never {
    throw new KuraError('refused', `"${displayName(shown(path))}" appeared during the restore`, {
      guidance: 'See who else writes to the target, then run the restore again.',
    });
  }

  /** Deepest first: a mode may close a folder. */
  #setAttributes(): void {
    const { plan, mirror, staging, setter } = this.#given;
    for (let index = plan.folders.length - 1; index > 0; index--) {
      const record = plan.folder(index);
      if (record.entry === undefined) continue;
      const isMovedTop =
        !record.isThere && plan.folder(record.parent).isThere && mirror.isMade(index);
      if (!isMovedTop && !this.#changesAttributes.has(index)) continue;
      const names = plan.names(index);
      const folder = staging.standing.open(names);
      setter.at(names.slice(0, -1), record.name);
      if (isMovedTop) setter.newFolder(folder, record.entry);
      else setter.standingFolder(folder, record.entry);
      this.#sync(folder);
    }
  }

  /** What was there will be deleted: what takes its place must be on the medium. */
  #sync(folder: Descriptor): void {
    const { posix } = this.#given;
    if (posix.syncFileSystem === undefined) posix.sync(folder);
  }

  #writeEnd(position: number): void {
    const { posix, staging } = this.#given;
    try {
      posix.write(staging.journal, JOURNAL_END, position);
      posix.sync(staging.journal);
    } catch (error) {
      // It may or may not be on the medium; the rollback that follows needs it gone for certain.
      posix.truncate(staging.journal, position);
      posix.sync(staging.journal);
      throw error;
    }
  }
}

function shown(path: readonly ByteString[]): ByteString {
  return path.join('/') as ByteString;
}

// The folders of the staged tree: made when something goes into them, given their attributes when
// everything is in. Folders that stand in the target are mirrored only to hold what goes into them; a new
// folder moves as a whole, and the top one of those gets its attributes after the move, because moving a
// folder needs write permission on it.
import { asKuraError, type ByteString, displayName } from '@kura/base';
import type { AttributeSetter } from './attribute-setter.ts';
import type { RestorePlan } from './plan.ts';
import type { RestorePosix } from './ports.ts';
import { isNameProblem, type ProblemList, reasonOf } from './problems.ts';
import type { Staging } from './staging.ts';

export interface MirrorOptions {
  readonly posix: RestorePosix;
  readonly plan: RestorePlan;
  readonly staging: Staging;
  readonly problems: ProblemList;
  readonly setter: AttributeSetter;
}

const UNKNOWN = 0;
const MADE = 1;
const REFUSED = 2;
/** Nothing in staging is open to others; folders on the way to the target get what is usual here. */
const PRIVATE = 0o700;
const USUAL = 0o777;

export class Mirror {
  readonly #given: MirrorOptions;
  readonly #states: Uint8Array;

  constructor(given: MirrorOptions) {
    this.#given = given;
    this.#states = new Uint8Array(given.plan.folders.length);
    this.#states[0] = MADE;
  }

  isMade(index: number): boolean {
    return this.#states[index] === MADE;
  }

  /** False if this file system cannot have it, or a folder above it. */
  make(index: number): boolean {
    const { plan } = this.#given;
    const missing: number[] = [];
    let at = index;
    while (this.#states[at] === UNKNOWN) {
      missing.push(at);
      at = plan.folder(at).parent;
    }
    let isMade = this.#states[at] === MADE;
    for (const folder of missing.reverse()) {
      isMade = isMade && this.#makeOne(folder);
      this.#states[folder] = isMade ? MADE : REFUSED;
    }
    return isMade;
  }

  #makeOne(index: number): boolean {
    const { posix, plan, staging, problems } = this.#given;
    const record = plan.folder(index);
    const isOnTheWay = index <= plan.rootIndex && record.entry === undefined;
    try {
      const parent = staging.staged.open(plan.names(record.parent));
      posix.makeFolderAt(parent, record.name, isOnTheWay ? USUAL : PRIVATE);
      return true;
    } catch (error) {
      if (index <= plan.rootIndex) throw this.#wayError(record.name, error);
      if (!isNameProblem(error)) throw error;
      const message = `not restored, with all that is in it: ${reasonOf(error)}`;
      problems.report(plan.shownPath(index), 'not_restored', message);
      return false;
    }
  }

  #wayError(name: ByteString, error: unknown): Error {
    const what = `the folder "${displayName(name)}" on the way to the target cannot be made`;
    return asKuraError(error, what, { guidance: 'Choose another target.' });
  }

  /** Attributes of all new folders, deepest first, but for those that still move. */
  finish(): void {
    const { plan, staging, setter } = this.#given;
    for (let index = plan.folders.length - 1; index > 0; index--) {
      const record = plan.folder(index);
      if (record.isThere || record.entry === undefined || !this.isMade(index)) continue;
      if (plan.folder(record.parent).isThere) continue;
      const names = plan.names(index);
      const folder = staging.staged.open(names);
      setter.at(names.slice(0, -1), record.name);
      setter.newFolder(folder, record.entry);
    }
    staging.staged.close();
  }
}

// Further names of staged files: links within the staged tree, made when all files are there. Where a file
// system has no (more) links, the name becomes a file of its own, and that is reported.
import { type ByteString, errnoOf } from '@kura/base';
import { FolderCursor } from './folder-cursor.ts';
import type { LinkPrimary } from './hard-links.ts';
import type { RestorePlan } from './plan.ts';
import type { RestorePosix } from './ports.ts';
import { isTypeProblem, type ProblemList, reasonOf } from './problems.ts';
import { copyStaged } from './special-files.ts';
import { type Staging, TREE } from './staging.ts';

export interface WaitingLink {
  readonly folder: number;
  readonly name: ByteString;
  /** Shared by all names of the file. */
  readonly primary: LinkPrimary;
  readonly decision: number;
}

export interface LinkStagerOptions {
  readonly posix: RestorePosix;
  readonly plan: RestorePlan;
  readonly staging: Staging;
  readonly problems: ProblemList;
}

export class LinkStager {
  readonly #given: LinkStagerOptions;
  readonly #waiting: WaitingLink[] = [];

  constructor(given: LinkStagerOptions) {
    this.#given = given;
  }

  add(link: WaitingLink): void {
    this.#waiting.push(link);
  }

  /** Makes them all; returns the decisions of those that could not be. */
  run(): number[] {
    const { posix, plan, staging, problems } = this.#given;
    const primaries = new FolderCursor(posix, staging.tree);
    const refused: number[] = [];
    try {
      for (const link of this.#waiting) {
        const reason = this.#make(link, primaries);
        if (reason === undefined) continue;
        refused.push(link.decision);
        const path = plan.shownPath(link.folder, link.name);
        problems.report(path, 'not_restored', `not restored: ${reason}`);
      }
    } finally {
      primaries.close();
    }
    return refused;
  }

  #make(link: WaitingLink, primaries: FolderCursor): string | undefined {
    const { posix, plan, staging } = this.#given;
    const { primary, folder, name } = link;
    try {
      const from = primaries.open(plan.names(primary.folder));
      posix.linkAt(from, primary.name, staging.staged.open(plan.names(folder)), name);
      return undefined;
    } catch (error) {
      // Its first name was refused, and that was reported.
      if (errnoOf(error) === 'ENOENT') return 'the file that it is a name of is not there';
      if (!isTypeProblem(error)) throw error;
      return this.#copy(link, reasonOf(error));
    }
  }

  #copy(link: WaitingLink, reason: string): string | undefined {
    const { posix, plan, staging, problems } = this.#given;
    const { primary, folder, name } = link;
    const from = [staging.path, TREE, ...plan.names(primary.folder), primary.name].join('/');
    try {
      const into = staging.staged.open(plan.names(folder));
      const isCopied = copyStaged({ posix, from: from as ByteString, folder: into, name });
      if (!isCopied) return reason;
    } catch (error) {
      // Special files cannot be read, deep paths not be opened: then the link's own reason counts.
      if (!isTypeProblem(error) && errnoOf(error) !== 'ELOOP') throw error;
      return reason;
    }
    problems.report(
      plan.shownPath(folder, name),
      'not_linked',
      `restored as a file of its own: ${reason}`,
    );
    // The next names go to the copy, which has links left.
    primary.folder = folder;
    primary.name = name;
    return undefined;
  }
}

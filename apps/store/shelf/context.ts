// What the verbs of one folder shelf share: the open shelf, whose copies may lie on it, and whose leaves lie where
// they should not. Not an interface for anyone else.
import type { CopyId } from '@kura/base';
import { ClosingBook } from '../closing/closing-book.ts';
import { MemoryClosings } from '../closing/closing-files.ts';
import type { Owners } from '../owners/owners.ts';
import { RecordOwners } from '../owners/record-owners.ts';
import { ForeignLeaves } from '../scrub/foreign.ts';
import { enumerate } from './enumerate.ts';
import { OpenShelf, type OpenShelfOptions } from './open-shelf.ts';
import { statCopy } from './stat.ts';

export class ShelfContext extends OpenShelf {
  owners: Owners = new RecordOwners(this);
  /** Of members who were given notice. */
  closings: ClosingBook;
  /** Whose leaf lies in the place of another. */
  readonly foreign: ForeignLeaves;

  constructor(options: OpenShelfOptions) {
    super(options);
    this.closings = new ClosingBook(new MemoryClosings(), options.clock);
    const tables = {
      copies: () => enumerate(this),
      leafHashesOf: async (copyId: CopyId) => statCopy(this, copyId).leafHashes,
    };
    this.foreign = new ForeignLeaves(tables, options.clock);
  }
}

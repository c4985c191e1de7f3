// What the verbs of one folder shelf share: the open shelf, whose copies may lie on it, and whose leaves lie where
// they should not. Not an interface for anyone else.
import type { CopyId } from '@kura/base';
import type { Owners } from '../owners/owners.ts';
import { RecordOwners } from '../owners/record-owners.ts';
import { ForeignLeaves } from '../scrub/foreign.ts';
import { enumerate } from './enumerate.ts';
import { OpenShelf, type OpenShelfOptions } from './open-shelf.ts';
import { statCopy } from './stat.ts';

export class ShelfContext extends OpenShelf {
  owners: Owners = new RecordOwners(this);
  /** Whose leaf lies in the place of another. */
  readonly foreign: ForeignLeaves;

  constructor(options: OpenShelfOptions) {
    super(options);
    const tables = {
      copies: () => enumerate(this),
      leafHashesOf: async (copyId: CopyId) => statCopy(this, copyId).leafHashes,
    };
    this.foreign = new ForeignLeaves(tables, options.clock);
  }
}

// Whether what an earlier backup saved still stands: every chunk of it is in a pack that the new snapshot may rely on.
// Asking is using: the packs of what stands are packs of the new snapshot.
import type { PageCursor, TreeEntry } from '@kura/format';
import type { ChunkTable } from '../../index/chunk-table.ts';
import type { TreeReader } from '../../read/tree-reader.ts';
import type { FolderContent } from '../entries.ts';
import type { PackUse } from './pack-use.ts';

export interface StandingOptions {
  readonly table: Pick<ChunkTable, 'find' | 'findAt'>;
  readonly trees: Pick<TreeReader, 'expand'>;
  readonly use: PackUse;
}

type Content = FolderContent['content'];

export class Standing {
  readonly #options: StandingOptions;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /** The file at the cursor. A promise only where a list has to be read or a marked pack rescued. */
  file(cursor: PageCursor): boolean | Promise<boolean> {
    if (cursor.isList) return this.#listedFile(cursor.entry());
    const { table, use } = this.#options;
    let marked: number[] | undefined;
    const isKnown = cursor.everyChunk((bytes, at) => {
      const number = table.findAt(bytes, at);
      if (number === undefined) return false;
      if (!use.isMarked(number)) {
        use.add(number);
        return true;
      }
      marked ??= [];
      marked.push(number);
      return true;
    });
    return isKnown && marked !== undefined ? use.rescueAll(marked) : isKnown;
  }

  /** Chunks of a file; packs that prune has marked are rescued. */
  chunks(content: Content): Promise<boolean> {
    const numbers: number[] = [];
    for (const { id } of content) {
      const number = this.#options.table.find(id);
      if (number === undefined) return Promise.resolve(false);
      numbers.push(number);
    }
    return this.#options.use.rescueAll(numbers);
  }

  /** Pages of a folder, or of a list. No pack is rescued for them: they are made anew from what is at hand. */
  pages(content: Content): boolean {
    const { table, use } = this.#options;
    return content.every(({ id }) => use.tryUse(table.find(id)));
  }

  async #listedFile(entry: TreeEntry): Promise<boolean> {
    if (!this.pages(entry.content)) return false;
    return this.chunks(await this.#options.trees.expand(entry));
  }
}

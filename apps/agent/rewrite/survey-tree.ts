// What a cut would take out of trees, counted before anything is written. What is known of a folder holds for every
// snapshot that has the same folder at the same path: of a long history only what differs is walked.
import { createHash } from 'node:crypto';
import { type ByteString, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import type { TreeEntry } from '@kura/format';
import { LruCache } from '../read/lru-cache.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import { childPath, walkTree } from '../read/walk-tree.ts';

/** True takes the entry out, with everything below it. `path` is absolute in the snapshot. */
export type IsCut = (path: ByteString, isFolder: boolean) => boolean;

export type Folder = Pick<TreeEntry, 'content' | 'isList'>;

export const ROOT_PATH = '/' as ByteString;

/** Of one folder, with everything below it. */
export interface TreeSurvey {
  /** What goes, of any type but folder, as `total_files_processed` of a backup counts. */
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** What stays and is no folder. */
  readonly kept: number;
}

export interface TreeSurveyorOptions {
  readonly trees: TreeReader;
  readonly isCut: IsCut;
  /** An entry that goes: a folder with everything below it. Once per folder that is walked. */
  readonly onGoes: (entry: TreeEntry) => Promise<void>;
  /** An entry that stays and is no folder; likewise. */
  readonly onStays: (entry: TreeEntry) => Promise<void>;
}

/** About 20 MB; of more folders those that were not met for longest are walked again. */
const MAX_KNOWN_FOLDERS = 1 << 17;

type Counting = { -readonly [Field in keyof TreeSurvey]: number };

export class TreeSurveyor {
  readonly #options: TreeSurveyorOptions;
  readonly #known = new LruCache<string, TreeSurvey>(MAX_KNOWN_FOLDERS);

  constructor(options: TreeSurveyorOptions) {
    this.#options = options;
  }

  /** Of the root, or of a folder at `path`, `depth` folders below it. */
  async survey(folder: Folder, path = ROOT_PATH, depth = 0): Promise<TreeSurvey> {
    const key = keyOf(folder, path);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    refuseDepth(depth);
    const { trees, isCut, onStays } = this.#options;
    const counts: Counting = { files: 0, folders: 0, bytes: 0, kept: 0 };
    for (const entry of await trees.entries(folder)) {
      const at = childPath(path, entry.name);
      const isFolder = entry.type === 'folder';
      if (isCut(at, isFolder)) {
        await this.#take(entry, at, counts);
      } else if (isFolder) {
        add(counts, await this.survey(entry, at, depth + 1));
      } else {
        counts.kept++;
        await onStays(entry);
      }
    }
    this.#known.set(key, counts);
    return counts;
  }

  /** False also where nobody remembers. */
  isKnownWhole(folder: Folder, path: ByteString): boolean {
    const known = this.#known.get(keyOf(folder, path));
    return known !== undefined && known.files === 0 && known.folders === 0;
  }

  async #take(entry: TreeEntry, path: ByteString, counts: Counting): Promise<void> {
    countIn(counts, entry);
    await this.#options.onGoes(entry);
    if (entry.type !== 'folder') return;
    const below = walkTree(this.#options.trees, { folder: entry, path, isDeep: true });
    for await (const walked of below) countIn(counts, walked.entry);
  }
}

export function refuseDepth(depth: number): void {
  if (depth <= MAX_TREE_DEPTH) return;
  throw new KuraError('hostile', `the folders of a snapshot are deeper than ${MAX_TREE_DEPTH}`);
}

function countIn(counts: Counting, { type, sizeBytes }: TreeEntry): void {
  if (type === 'folder') counts.folders++;
  else counts.files++;
  counts.bytes += sizeBytes;
}

function add(counts: Counting, more: TreeSurvey): void {
  counts.files += more.files;
  counts.folders += more.folders;
  counts.bytes += more.bytes;
  counts.kept += more.kept;
}

function keyOf({ content }: Folder, path: ByteString): string {
  const hash = createHash('sha256');
  for (const { id } of content) hash.update(id);
  return hash.update(path, 'latin1').digest('latin1');
}

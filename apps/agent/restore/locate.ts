// The first step of a restore: walks the whole selection, checks every entry, compares with what stands in
// the target and decides what becomes of each. It writes nothing. After it the restore knows what it will
// do, how much room that takes, and that no name leads anywhere else.
import {
  asKuraError,
  type ByteString,
  displayName,
  formatBytes,
  isUtf8,
  KuraError,
  MAX_TREE_DEPTH,
} from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import type { Descriptor, FileStatus } from '@kura/native';
import { Comparer } from './compare.ts';
import { checkEntries, dataBytesOf } from './entry-check.ts';
import { ExtrasFinder } from './extras.ts';
import { FolderCursor } from './folder-cursor.ts';
import { HardLinks, isLinked } from './hard-links.ts';
import { CREATE, LEAVE, REPLACE, RestorePlan, SKIP, UNCHANGED } from './plan.ts';
import { type Match, type RestoreOptions, type RestorePorts, throwIfStopped } from './ports.ts';
import type { ProblemList } from './problems.ts';
import { isStagingName } from './staging-name.ts';
import { isOtherMount, pathOf, refuseMount, type Target } from './target.ts';

export interface LocateOptions {
  readonly options: RestoreOptions;
  readonly ports: RestorePorts;
  readonly target: Target;
  readonly problems: ProblemList;
}

export interface Located {
  readonly plan: RestorePlan;
  readonly links: HardLinks;
  readonly freeBytes: number;
}

/** What stands in one folder of the target. */
interface Standing {
  readonly folder: Descriptor;
  readonly names: ReadonlySet<ByteString>;
}

/** The selection as the content of one folder. */
export function rootOf(root: RestoreOptions['root']): {
  readonly entry: TreeEntry | undefined;
  readonly children: readonly TreeEntry[] | undefined;
} {
  if ('type' in root) {
    if (root.type === 'folder') return { entry: root, children: undefined };
    return { entry: undefined, children: [root] };
  }
  const children = [...root].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { entry: undefined, children };
}

export class Locator {
  readonly #options: RestoreOptions;
  readonly #ports: RestorePorts;
  readonly #target: Target;
  readonly #problems: ProblemList;
  readonly #plan: RestorePlan;
  readonly #links = new HardLinks();
  readonly #comparer: Comparer;
  readonly #folders: FolderCursor;
  readonly #extras: ExtrasFinder | undefined;
  readonly #pending: number[] = [];
  readonly #freeBytes: number;

  constructor({ options, ports, target, problems }: LocateOptions) {
    const { posix } = ports;
    this.#options = options;
    this.#ports = ports;
    this.#target = target;
    this.#problems = problems;
    this.#plan = new RestorePlan(target.prefix.length);
    this.#comparer = new Comparer({ posix, content: ports.content, ...options });
    this.#folders = new FolderCursor(posix, target.base);
    this.#freeBytes = posix.freeBytes(target.basePath);
    // A single file says nothing about what else belongs in the target.
    const isWhole = !('type' in options.root) || options.root.type === 'folder';
    const matches = (path: ByteString): Match => this.#match(path);
    const { plan, folders } = { plan: this.#plan, folders: this.#folders };
    this.#extras =
      options.delete && isWhole
        ? new ExtrasFinder({ posix, target, folders, plan, matches })
        : undefined;
  }

  async run(): Promise<Located> {
    try {
      this.#pending.push(this.#addRoot());
      for (let index = this.#pending.pop(); index !== undefined; index = this.#pending.pop()) {
        await this.#openFolder(index);
      }
    } finally {
      this.#folders.close();
    }
    this.#links.settle(this.#plan);
    this.#checkSpace('');
    return { plan: this.#plan, links: this.#links, freeBytes: this.#freeBytes };
  }

  #match(path: ByteString): Match {
    return this.#options.matches?.(path) ?? true;
  }

  #addRoot(): number {
    const { prefix } = this.#target;
    const { entry } = rootOf(this.#options.root);
    if (entry !== undefined) checkEntries([{ ...entry, name: 'root' as ByteString }], ROOT);
    let last = -1;
    for (let depth = 0; depth <= prefix.length; depth++) {
      const isRoot = depth === prefix.length;
      last = this.#plan.addFolder({
        parent: last,
        name: depth === 0 ? ROOT : (prefix[depth - 1] ?? ROOT),
        depth: 0,
        entry: isRoot ? entry : undefined,
        isThere: depth === 0,
        replaces: false,
        isSelected: isRoot && entry !== undefined && this.#options.matches === undefined,
      });
    }
    return last;
  }

  async #openFolder(index: number): Promise<void> {
    const plan = this.#plan;
    const record = plan.folder(index);
    const entries = await this.#entriesOf(index);
    const shown = plan.shownPath(index);
    checkEntries(entries, shown);
    this.#countCaseCollisions(entries);
    plan.order.push(index);
    record.firstDecision = plan.reserve(entries.length);
    record.entryCount = entries.length;
    if (!record.isThere && (record.isSelected || index === plan.rootIndex)) plan.need(index);
    const names = plan.names(index);
    const standing = record.isThere ? this.#lookAt(index, names) : undefined;
    const children: number[] = [];
    for (const [position, entry] of entries.entries()) {
      const path = (shown === '' ? entry.name : `${shown}/${entry.name}`) as ByteString;
      const match = this.#accepts(entry, path);
      if (match === 'prune') continue;
      const status = this.#statusOf(standing, entry.name);
      if (entry.type === 'folder') {
        const child = this.#addFolder(index, entry, { match, status });
        if (child !== undefined) children.push(child);
      } else if (match) {
        const ordinal = record.firstDecision + position;
        await this.#decide(index, entry, { ordinal, status, names });
      }
    }
    for (const child of children.reverse()) this.#pending.push(child);
    if (record.isThere && this.#extras !== undefined) {
      this.#extras.collect(names, new Set(entries.map(({ name }) => name)));
    }
    this.#checkProgress();
  }

  async #entriesOf(index: number): Promise<readonly TreeEntry[]> {
    if (index === this.#plan.rootIndex) {
      const { entry, children } = rootOf(this.#options.root);
      if (children !== undefined) return children;
      return entry === undefined ? [] : await this.#ports.tree.entries(entry);
    }
    const { entry } = this.#plan.folder(index);
    return entry === undefined ? [] : await this.#ports.tree.entries(entry);
  }

  #accepts(entry: TreeEntry, path: ByteString): Match {
    if (isStagingName(entry.name)) {
      const message = 'not restored: its name is that of a restore’s own staging folder';
      this.#problems.report(path, 'reserved_name', message);
      this.#plan.counts.skipped++;
      return 'prune';
    }
    const match = this.#match(path);
    if (match === true && entry.isIncomplete) {
      const message = 'the snapshot does not have all of its attributes';
      this.#problems.report(path, 'incomplete', message);
    }
    return match;
  }

  /** Opens a standing folder, and settles what becomes of its own attributes. */
  #lookAt(index: number, names: readonly ByteString[]): Standing {
    const { posix } = this.#ports;
    const plan = this.#plan;
    const record = plan.folder(index);
    const shown = plan.shownPath(index);
    let folder: Descriptor;
    try {
      folder = this.#folders.open(names);
    } catch (error) {
      throw asKuraError(error, `"${displayName(shown)}" in the target cannot be opened`, {
        guidance: 'Give this user access to it, exclude it, or restore to a new folder.',
      });
    }
    if (index !== 0 && isOtherMount(posix, this.#target.base, folder)) refuseMount(shown);
    if (record.isSelected && record.entry !== undefined) {
      const isSame = this.#comparer.isSameFolder(record.entry, folder);
      record.setsAttributes = this.#mayChange(record.entry, posix.statusOf(folder));
      const isCounted = index > plan.rootIndex;
      if (!isSame && record.setsAttributes) plan.changedFolders.add(index);
      if (isCounted && !isSame && record.setsAttributes) plan.counts.updated++;
      else if (isCounted) plan.counts.unchanged++;
    }
    return { folder, names: new Set(posix.readFolderOf(folder).map(({ name }) => name)) };
  }

  #statusOf(standing: Standing | undefined, name: ByteString): FileStatus | undefined {
    if (standing === undefined || !standing.names.has(name)) return undefined;
    return this.#ports.posix.statusAt(standing.folder, name);
  }

  /** The overwrite rule, for something that stands there and is not known to be the same. */
  #mayChange(entry: TreeEntry, standing: FileStatus): boolean {
    const { overwrite } = this.#options;
    if (overwrite === 'never') return false;
    return overwrite !== 'if-newer' || entry.mtimeNs > standing.mtimeNs;
  }

  /** Undefined if the rule keeps what stands in its place. */
  #addFolder(
    parent: number,
    entry: TreeEntry,
    found: { readonly match: boolean; readonly status: FileStatus | undefined },
  ): number | undefined {
    const plan = this.#plan;
    const { match, status } = found;
    const depth = plan.folder(parent).depth + 1;
    if (depth > MAX_TREE_DEPTH) {
      throw new KuraError(
        'hostile',
        `the snapshot’s tree is deeper than ${MAX_TREE_DEPTH} folders`,
        {
          guidance: 'Restore the rest by excluding it, and ask who wrote this snapshot.',
        },
      );
    }
    const isThere = status?.type === 'folder';
    if (status !== undefined && !isThere && !this.#mayChange(entry, status)) {
      plan.counts.skipped++;
      return undefined;
    }
    const replaces = status !== undefined && !isThere;
    const { name } = entry;
    return plan.addFolder({ parent, name, depth, entry, isThere, replaces, isSelected: match });
  }

  async #decide(
    folder: number,
    entry: TreeEntry,
    found: {
      readonly ordinal: number;
      readonly status: FileStatus | undefined;
      readonly names: readonly ByteString[];
    },
  ): Promise<void> {
    const plan = this.#plan;
    const { ordinal, status, names } = found;
    const decision = await this.#decisionFor(entry, status, names);
    plan.decide(ordinal, decision);
    if (decision === SKIP) plan.counts.skipped++;
    else if (decision === UNCHANGED) plan.counts.unchanged++;
    else {
      if (decision === CREATE) plan.counts.restored++;
      else plan.counts.updated++;
      plan.folder(folder).stagedCount++;
      plan.need(folder);
    }
    const dataBytes = entry.type === 'file' ? dataBytesOf(entry) : 0;
    if (decision === SKIP || decision === LEAVE) return;
    if (isLinked(entry)) {
      const member = { folder, ordinal, inode: status?.inode, dataBytes };
      if (this.#links.note(entry, member)) return;
      const message = 'restored as a file of its own: the snapshot’s hard links disagree';
      this.#problems.report(plan.shownPath(folder, entry.name), 'not_linked', message);
    }
    if (decision !== UNCHANGED) plan.needData(dataBytes);
  }

  async #decisionFor(
    entry: TreeEntry,
    status: FileStatus | undefined,
    names: readonly ByteString[],
  ): Promise<number> {
    if (status === undefined) return CREATE;
    if (!this.#mayChange(entry, status)) return SKIP;
    if (this.#options.overwrite !== 'if-changed') return REPLACE;
    const path = `${this.#target.basePath}${pathOf([...names, entry.name])}` as ByteString;
    return (await this.#comparer.isUnchanged(entry, status, path)) ? UNCHANGED : REPLACE;
  }

  /** Only counted: most file systems tell upper from lower case. */
  #countCaseCollisions(entries: readonly TreeEntry[]): void {
    const seen = new Set<string>();
    for (const { name } of entries) seen.add(fold(name));
    this.#plan.counts.caseCollisions += entries.length - seen.size;
  }

  #checkSpace(atLeast: string): void {
    const { neededBytes } = this.#plan;
    if (neededBytes <= this.#freeBytes) return;
    const need = formatBytes(neededBytes);
    const have = formatBytes(this.#freeBytes);
    throw new KuraError(
      'no_space',
      `the restore needs ${atLeast}${need} and there are ${have} free around the target`,
      {
        guidance: 'Free some space there, or restore a part with --include.',
        context: { neededBytes, freeBytes: this.#freeBytes },
      },
    );
  }

  #checkProgress(): void {
    const { entryCount, neededBytes } = this.#plan;
    const isHopeless = entryCount > HOPELESS_ENTRIES && neededBytes > this.#freeBytes;
    if (isHopeless) this.#checkSpace('at least ');
    throwIfStopped(this.#ports.signal);
    this.#ports.progress?.({
      phase: 'locate',
      entries: entryCount,
      totalEntries: 0,
      bytes: 0,
      totalBytes: 0,
    });
  }
}

const ROOT = '' as ByteString;
/** A tree that needs more than there is and has no end in sight is not walked to its end. */
const HOPELESS_ENTRIES = 1_000_000;
const ASCII = /^[\x01-\x7f]*$/;

function fold(name: ByteString): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return isUtf8(name) ? displayName(name).toLowerCase() : name;
}

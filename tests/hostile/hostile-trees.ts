// Trees that no honest backup makes. A random tree of few names is made first; then a few of its entries
// are bent, each by one line of BENDS. A forged snapshot that is signed and well encoded could hold them.
import { TestTree } from '@kura/agent/restore/test-tree.ts';
import { type ByteString, byteString, MAX_TREE_DEPTH } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import type { SeededRandom } from '@kura/testing';
import { NAMES } from './arena.ts';

type Raw = Partial<Record<keyof TreeEntry, unknown>>;

export interface HostileTree {
  readonly tree: TestTree;
  readonly root: TreeEntry;
}

export interface TreeOptions {
  readonly random: SeededRandom;
  /** An absolute path that must not be written to. */
  readonly canary: string;
}

const EVIL_NAMES = (canary: string): string[] => [
  '',
  '.',
  '..',
  '/',
  '/etc/passwd',
  canary,
  `${canary}/file`,
  '../canary/file',
  '../../canary/a/file',
  'a/b',
  'a/../../canary/file',
  'a\0b',
  '..\0',
  // One byte each on the way to the disk: these become "..", "../canary/file" and "a/b".
  '\u012e\u012e',
  '\u012e\u012e\u012fcanary\u012ffile',
  '\u012e\u012e\u012f\u012e\u012e\u012fcanary\u012fnew',
  '\u012e\u012e\u012f\u012e\u012e\u012f\u012e\u012e\u012fcanary\u012fnew',
  'a\u012fb',
  '\u0100',
  'x'.repeat(256),
  'x'.repeat(1025),
  'x'.repeat(70_000),
  'CON',
  'C:\\Windows\\x',
  'a ',
  'a.',
  '-rf',
  '\x1b[2J',
  '.kura-restore-0101010101010101-0000000000000000',
  '.target.kura-restore-0101010101010101-0000000000000000',
  'journal',
  'tree',
  'undo',
];

const SIZES = [-1, 0.5, Number.NaN, 2 ** 53, 2 ** 52, 2 ** 40, Number.POSITIVE_INFINITY];

const ATTRIBUTE_NAMES = [
  'user.x',
  'user.',
  '',
  'x',
  'user.a\0b',
  `user.${'x'.repeat(300)}`,
  'system.posix_acl_access',
  'system.posix_acl_default',
  'security.capability',
  'trusted.overlay.opaque',
];

type Bend = (given: {
  readonly entry: TreeEntry;
  readonly random: SeededRandom;
  readonly canary: string;
  readonly tree: TestTree;
}) => Raw;

const ANY_HOLES = (random: SeededRandom): unknown => {
  const size = (): number => random.pick([0, 1, 5, 4096, 1 << 20, 2 ** 45, -1, 2 ** 60]);
  return Array.from({ length: 1 + random.below(4) }, () => ({ offset: size(), length: size() }));
};

/** What can be wrong with one entry. */
export const BENDS: Readonly<Record<string, Bend>> = {
  name: ({ random, canary }) => ({ name: random.pick(EVIL_NAMES(canary)) }),
  'link out': ({ random, canary }) => ({
    type: 'symlink',
    target: random.pick([canary, `${canary}/a`, '../canary', '..', '/', '.']),
    content: [],
    sizeBytes: 0,
  }),
  'link target': ({ random }) => ({
    type: 'symlink',
    target: random.pick(['', 'a\0b', 'x'.repeat(40_000), '\u012f', 'x'.repeat(4096)]),
  }),
  'type unknown': ({ random }) => ({ type: random.pick(['door', '', undefined, 'Folder']) }),
  'type changed': ({ random }) => ({
    type: random.pick(['file', 'folder', 'symlink', 'fifo', 'character', 'block', 'socket']),
    deviceNumber: random.pick([0n, 0x101n, 0x103n, 0x800n, -1n, 2n ** 63n]),
  }),
  size: ({ random }) => ({ sizeBytes: random.pick(SIZES) }),
  holes: ({ random }) => ({ holes: ANY_HOLES(random) }),
  'holes that add up': ({ entry, random }) => {
    const holes = [{ offset: random.below(9), length: random.pick([1, 4096, 2 ** 40, 2 ** 45]) }];
    return { holes, sizeBytes: entry.sizeBytes + (holes[0]?.length ?? 0) };
  },
  'content length': ({ entry, random }) => ({
    content: entry.content.map(({ id, length }) => ({ id, length: length + random.pick([1, -1]) })),
    sizeBytes: entry.sizeBytes + random.pick([0, 1, -1]),
  }),
  'content missing': ({ random }) => ({
    content: [{ id: random.bytes(random.pick([32, 31, 0])), length: random.pick([7, 0, -7]) }],
    sizeBytes: 7,
  }),
  list: () => ({ isList: true }),
  'hard link': ({ random }) => ({
    links: random.pick([2, 3, 2 ** 31]),
    device: 1n,
    inode: BigInt(random.below(3)),
  }),
  mode: ({ random }) => ({ mode: random.pick([0o7777, 0o4755, 0, 0o10000, 0o177777, -1, 0.5]) }),
  owner: ({ random }) => ({
    uid: random.pick([0, 65_534, 2 ** 32 - 1, 2 ** 32, -1]),
    gid: random.pick([0, 65_534, 2 ** 32 - 1, 2 ** 32 + 1, -2]),
  }),
  time: ({ random }) => ({
    mtimeNs: random.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 70n]),
  }),
  attributes: ({ random }) => {
    const value = random.bytes(random.pick([0, 1, 4, 20, 44, 70_000]));
    const count = random.pick([1, 2, 1025]);
    const attributes = Array.from({ length: count }, () => ({
      name: random.pick(ATTRIBUTE_NAMES),
      value,
    }));
    return { attributes };
  },
};

const BEND_NAMES = Object.keys(BENDS);

function bend(entry: TreeEntry, options: TreeOptions & { readonly tree: TestTree }): TreeEntry {
  const how = BENDS[options.random.pick(BEND_NAMES)];
  return { ...entry, ...how?.({ entry, ...options }) } as TreeEntry;
}

class Grower {
  readonly tree = new TestTree(64);
  readonly #options: TreeOptions;

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  folder(name: string, depth: number): TreeEntry {
    const { random } = this.#options;
    const children: TreeEntry[] = [];
    for (const child of NAMES) {
      if (random.chance(0.4)) children.push(this.#entry(child, depth));
    }
    // In order, or the order would be all that anybody finds wrong.
    children.sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.tree.rawFolder(name, this.#disturbed(children), {
      mode: random.pick([0o755, 0o700, 0o500, 0]),
    });
  }

  #entry(name: string, depth: number): TreeEntry {
    const { random } = this.#options;
    const choice = random.below(6);
    const made =
      choice < 2 && depth < 3
        ? this.folder(name, depth + 1)
        : choice === 2
          ? this.tree.symlink(name, random.pick([this.#options.canary, 'a', '../b', '.']))
          : this.tree.file(name, random.bytes(random.below(200)));
    return random.chance(0.1) ? bend(made, { ...this.#options, tree: this.tree }) : made;
  }

  /** Names twice, out of order, or once more in another case. */
  #disturbed(children: TreeEntry[]): TreeEntry[] {
    const { random, canary } = this.#options;
    const first = children[0];
    if (first === undefined || !random.chance(0.07)) return children;
    const folder = this.tree.folder(first.name, [this.tree.file('file', 'through the link')]);
    if (random.chance(0.4)) {
      return [{ ...folder, name: first.name.toUpperCase() as ByteString }, ...children];
    }
    const again = random.chance(0.5) ? folder : this.tree.symlink(first.name, canary);
    const order = random.below(3);
    if (order === 0) return [again, ...children];
    if (order === 1) return [first, again, ...children.slice(1)];
    return children.toReversed();
  }
}

/** A chain of folders around the limit, all named alike. */
function deepTree(random: SeededRandom): HostileTree {
  const tree = new TestTree(64);
  let entry = tree.file('file', 'deep');
  const depth = MAX_TREE_DEPTH - 2 + random.below(6);
  for (let level = 0; level < depth; level++) entry = tree.folder('d', [entry]);
  return { tree, root: entry };
}

/** A folder that holds itself, directly or around a corner. */
function endlessTree(random: SeededRandom): HostileTree {
  const tree = new TestTree(64);
  const root = tree.folder('a', []);
  const inner = { ...root, name: byteString('b') };
  const corner = tree.folder('c', [inner, tree.file('file', 'x')]);
  tree.replace(root, random.chance(0.5) ? [inner] : [corner, tree.file('file', 'x')]);
  return { tree, root };
}

/** Few pages, many folders: each level names the one below it several times. */
function bushyTree(random: SeededRandom): HostileTree {
  const tree = new TestTree(64);
  let below = [tree.file('file', 'x')];
  const levels = 3 + random.below(3);
  for (let level = 0; level < levels; level++) {
    const folder = tree.folder('x', below);
    below = ['a', 'b', 'c', 'd'].map((name) => ({ ...folder, name: byteString(name) }));
  }
  return { tree, root: tree.folder('', below) };
}

/** A source that says something else when it is asked again. */
function changingTree(options: TreeOptions): HostileTree {
  const { random } = options;
  const grower = new Grower(options);
  const { tree } = grower;
  const inner = tree.folder('a', [tree.file('file', 'x')]);
  const root = tree.folder('', [inner]);
  const evil = random.pick(EVIL_NAMES(options.canary)) as ByteString;
  const later = random.pick<readonly TreeEntry[]>([
    [],
    [{ ...tree.file('x', 'x'), name: evil }],
    [tree.symlink('file', options.canary)],
    [tree.file('file', 'x'), tree.file('more', 'x')],
  ]);
  tree.replaceLater(inner, later);
  return { tree, root };
}

export function makeHostileTree(options: TreeOptions): HostileTree {
  const { random } = options;
  const choice = random.below(2000);
  if (choice < 1) return deepTree(random);
  if (choice < 5) return endlessTree(random);
  if (choice < 15) return bushyTree(random);
  if (choice < 100) return changingTree(options);
  const grower = new Grower(options);
  const root = grower.folder('', 0);
  const { tree } = grower;
  return { tree, root: random.chance(0.05) ? bend(root, { ...options, tree }) : root };
}

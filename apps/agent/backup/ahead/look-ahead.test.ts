// Goal: with something that looks ahead of it, however slow, a walk finds what it would have found alone; and what
// looks ahead looks at nothing that the walk would have passed by.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteString } from '@kura/base';
import type { FileType } from '@kura/native';
import fc from 'fast-check';
import { noCounts } from '../counts.ts';
import { excludeMatcher } from '../exclude.ts';
import { FolderNode } from '../plan/folder-node.ts';
import { PathTrie } from '../plan/path-trie.ts';
import { Walker, type WalkSteps } from '../plan/walker.ts';
import { type AheadRequest, lookAhead } from './look-ahead.ts';
import { comparePlaces, SeenAhead } from './seen-ahead.ts';
import { type TestNode, TestTree } from './test-tree.ts';

const ROOT_PATH = '/' as ByteString;
const TAG_NAME = 'CACHEDIR.TAG';
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55';
const EVERYTHING: AheadRequest = {
  paths: [ROOT_PATH],
  exclude: [],
  excludeCaches: false,
  oneFileSystem: false,
};

/** Batches as they come: a number takes so many, "late" finds none. After the last one none comes. */
type Arrival = number | 'late';

interface Scene {
  readonly tree: TestNode;
  readonly request?: AheadRequest;
  /** Undefined: all have come before the walk begins. */
  readonly arrivals?: readonly Arrival[] | undefined;
}

/** Everything that a walk does, in order, and what it asked the system. */
async function walk(
  { tree: root, request = EVERYTHING }: Scene,
  nextBatch: (() => Uint8Array | undefined) | undefined,
) {
  const tree = new TestTree(root);
  const posix = tree.posix();
  const done: string[] = [];
  const counts = noCounts();
  const steps: WalkSteps = {
    basePages: async () => [],
    isStanding: () => true,
    resumed: () => undefined,
    readFile: ({ path, status }) => {
      done.push(`read ${path} ${status.sizeBytes} ${status.mtimeNs}`);
      return undefined;
    },
    folderWalked: ({ path, status }) => done.push(`walked ${path} ${status.mtimeNs}`),
    problem: (path) => done.push(`problem ${path}`),
    seen: (path) => done.push(`seen ${path}`),
    stayAlive: () => undefined,
  };
  const { exclude, ...rest } = request;
  const backup = { ...rest, isExcluded: excludeMatcher(exclude) };
  const source = nextBatch === undefined ? undefined : new SeenAhead({ system: posix, nextBatch });
  const status = tree.statusOf(ROOT_PATH) ?? assert.fail('the root is there');
  const node = new FolderNode({
    ...{ name: ROOT_PATH, path: ROOT_PATH, status },
    ...{ parent: undefined, untouched: undefined, base: undefined },
  });
  const walker = new Walker({ posix, source, backup, counts, steps });
  await walker.walk(node, PathTrie.of(request.paths));
  return { done, counts, asked: tree.asked };
}

/** What is seen ahead, an entry a batch, and what the system was asked for that. */
function look({ tree: root, request = EVERYTHING }: Scene) {
  const tree = new TestTree(root);
  const batches = [...lookAhead(request, { posix: tree.posix(), isDue: () => true })];
  return { batches, asked: tree.asked };
}

async function walkBehind(scene: Scene) {
  const { batches } = look(scene);
  const arrivals = scene.arrivals?.flatMap((arrival) =>
    arrival === 'late' ? [arrival] : Array.from({ length: arrival }, () => 'come'),
  );
  return await walk(scene, () => {
    if (arrivals !== undefined && arrivals.shift() !== 'come') return undefined;
    return batches.shift();
  });
}

const TYPES: readonly FileType[] = ['file', 'symlink', 'fifo', 'character', 'socket'];
const NAMES = ['a', 'a b', 'a.b', 'a\xff', 'b', 'skip', 'x.tmp', '\x01', TAG_NAME];
const name = fc.constantFrom(...NAMES);
const refuses = fc.option(fc.constantFrom('status' as const, 'content' as const), {
  freq: 9,
  nil: undefined,
});
const status = fc.record({
  mtimeNs: fc.bigInt(-(2n ** 62n), 2n ** 62n),
  sizeBytes: fc.nat(),
  device: fc.constantFrom(1n, 1n, 2n),
});

const { tree: anyTree } = fc.letrec<{ tree: TestNode; node: TestNode; leaf: TestNode }>((tie) => ({
  leaf: fc
    .record({ status, type: fc.constantFrom(...TYPES), isTag: fc.boolean(), refuses })
    .map(({ type, isTag, ...rest }): TestNode => {
      const content = isTag ? TAG : 'no tag';
      return { ...rest, content, status: { ...rest.status, type } };
    }),
  node: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('tree')),
  tree: fc.record({ status, names: fc.dictionary(name, tie('node'), { maxKeys: 6 }), refuses }),
}));

const path = fc.array(name, { maxLength: 4 }).map((names) => `/${names.join('/')}` as ByteString);
const request: fc.Arbitrary<AheadRequest> = fc.record({
  paths: fc.array(path, { minLength: 1, maxLength: 3 }),
  exclude: fc.subarray(['skip', '*.tmp', '/a/b', '!/a/skip']),
  excludeCaches: fc.boolean(),
  oneFileSystem: fc.boolean(),
});
const scene: fc.Arbitrary<Scene> = fc.record({
  tree: anyTree.map((tree) => ({ ...tree, refuses: undefined })),
  request,
  arrivals: fc.option(fc.array(fc.oneof(fc.nat(5), fc.constant('late' as const))), {
    nil: undefined,
  }),
});

describe('a look ahead', () => {
  it('C2: a walk behind it finds what it finds alone, however late or short the look is', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (one) => {
        const alone = await walk(one, undefined);
        const behind = await walkBehind(one);
        assert.deepEqual(behind.done, alone.done);
        assert.deepEqual(behind.counts, alone.counts);
      }),
      { numRuns: 300 },
    );
  });

  it('the system is not asked for what was seen in time, but for what could not be seen', async () => {
    const tree: TestNode = {
      names: {
        a: { names: { b: {}, c: { names: {} } } },
        closed: { names: {}, refuses: 'content' },
        d: { status: { type: 'symlink' } },
        hidden: { refuses: 'status' },
        z: {},
      },
    };
    const { asked, done } = await walkBehind({ tree });
    assert.deepEqual(asked, ['names /closed', 'status /hidden']);
    const problems = done.filter((one) => one.startsWith('problem'));
    assert.deepEqual(problems, ['problem /closed', 'problem /hidden']);
  });

  it('it looks at what the walk looks at, in its order, and at nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (one) => {
        const isNoTag = (asked: string): boolean => !asked.endsWith(TAG_NAME);
        const alone = (await walk(one, undefined)).asked.filter(isNoTag);
        const [root, ...ahead] = look(one).asked.filter(isNoTag);
        assert.equal(root, 'status /');
        assert.deepEqual(ahead, alone);
      }),
      { numRuns: 300 },
    );
  });

  it('a folder that is excluded, of another file system, or not asked for, is never listed', () => {
    const inside = { inside: {} };
    const tree: TestNode = {
      names: {
        home: {
          names: {
            kept: { names: inside },
            skip: { names: inside },
            net: { names: inside, status: { device: 99n } },
          },
        },
        other: { names: inside },
      },
    };
    const request: AheadRequest = {
      paths: ['/home' as ByteString],
      exclude: ['skip'],
      excludeCaches: false,
      oneFileSystem: true,
    };
    assert.deepEqual(look({ tree, request }).asked, [
      'status /',
      'status /home',
      'names /home',
      'status /home/kept',
      'names /home/kept',
      'status /home/kept/inside',
      'status /home/net',
      'status /home/skip',
    ]);
  });

  it('places follow each other as a walk comes to them', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const { done } = await walk({ tree: { ...tree, refuses: undefined } }, undefined);
        const seen = done.filter((one) => one.startsWith('seen ')).map((one) => one.slice(5));
        for (const [index, next] of seen.slice(1).entries()) {
          const order = comparePlaces(seen[index] as ByteString, next as ByteString);
          assert.ok(order < 0, `${seen[index]} before ${next}`);
        }
      }),
      { numRuns: 100 },
    );
  });
});

// Goal: a restore that fails or is killed at any of its calls leaves what was there (C10): the same files,
// not copies of them, with the same attributes and times. Each call of Posix is failed once, and the
// process is killed before and after each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { byteString, KuraError } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { loadNative } from '@kura/native';
import { recoverInterruptedRestore } from './recover.ts';
import { capture } from './test-capture.ts';
import { type RunOptions, TestPlace } from './test-place.ts';
import { type FaultPlan, TestPosix } from './test-posix.ts';
import { SOME_TIME_NS, TestTree } from './test-tree.ts';

const { posix } = loadNative();
/** Every earlier life is over: what a killed process leaves behind, in one process. */
const AFTERLIFE = { self: 'this life', isAlive: () => false };
const A = byteString('user.a');

interface Scenario {
  readonly title: string;
  /** Makes the target as it is before. */
  readonly prepare: (place: TestPlace) => void;
  readonly root: TreeEntry;
}

const tree = new TestTree(100);

function standingTarget(place: TestPlace): void {
  const write = (path: string): void => fs.writeFileSync(place.at(path), `mine: ${path}`);
  for (const folder of ['both/inner', 'extra/deep', 'becomes a file']) {
    fs.mkdirSync(place.at(folder), { recursive: true });
    write(`${folder}/file`);
  }
  for (const name of ['file', 'both/file', 'becomes a folder', 'extra too']) write(name);
  fs.linkSync(place.at('file'), place.at('both/linked'));
  fs.symlinkSync(place.outside, place.at('link'));
  const folder = posix.openFolder(place.target);
  posix.setAttributeAt(folder, byteString('both'), { name: A, value: new Uint8Array([1]) });
  for (const name of ['both', 'extra', 'becomes a file']) {
    posix.setTimesAt(folder, byteString(name), SOME_TIME_NS - 1n);
  }
  posix.setTimes(folder, SOME_TIME_NS - 2n);
  posix.close(folder);
}

const linked = tree.file('linked', 'l', { links: 2 });
const richTree = tree.folder(
  '',
  [
    tree.file('file', 'snapshot'.repeat(50)),
    tree.file('becomes a file', 'snapshot', {
      attributes: [{ name: A, value: new Uint8Array(9) }],
    }),
    tree.folder('becomes a folder', [tree.folder('new', [tree.file('x', 'x')], { mode: 0o500 })]),
    tree.folder('link', [tree.symlink('link', 'x')]),
    tree.folder('both', [tree.folder('inner', []), tree.entry('fifo', 'pipe'), linked], {
      mode: 0o010, // closes the folder to its own restore
      attributes: [{ name: A, value: new Uint8Array([2]) }],
    }),
    { ...linked, name: byteString('linked too') },
    tree.file('sparse', 'x', { holes: [{ offset: 1, length: 1 << 20 }] }),
  ],
  { mode: 0o701 },
);

const SCENARIOS: readonly Scenario[] = [
  { title: 'a target that stands', prepare: standingTarget, root: richTree },
  { title: 'a target that is not there', prepare: () => undefined, root: richTree },
  {
    title: 'only attributes of folders',
    prepare: standingTarget,
    root: tree.folder('', [
      tree.folder('both', [tree.folder('inner', [], { mode: 0 })], { mode: 0 }),
    ]),
  },
];

/** The restored tree does not depend on what fails, but for the inodes. */
type State = ReadonlyMap<string, string>;

const withoutRoot = (state: State): State => new Map([...state].filter(([path]) => path !== ''));

for (const { title, prepare, root } of SCENARIOS) {
  describe(`${title}, and`, () => {
    let place: TestPlace;
    let original: State;
    let restored: State;
    let calls: number;

    const renew = (): void => {
      place?.remove();
      place = new TestPlace({ inMemory: true });
      prepare(place);
      original = capture(byteString(place.path), { withInodes: true });
    };
    const run = (test: TestPosix): Promise<unknown> => {
      const ports: RunOptions['ports'] = { posix: test.posix, processes: AFTERLIFE };
      return place.restore(tree, root, { delete: true, verify: true, ports });
    };
    const recover = (test: TestPosix): void => {
      recoverInterruptedRestore(place.target, { posix: test.posix, processes: AFTERLIFE });
    };
    const now = (): State => capture(byteString(place.path), { withInodes: true });
    const isAsBefore = (state: State): boolean => sameStates(state, original);
    /** Made again, files have other inodes. */
    const isRestored = (): boolean => sameStates(capture(place.target), restored);

    before(async () => {
      renew();
      const test = new TestPosix();
      await run(test);
      calls = test.count;
      restored = capture(place.target);
      assert.equal(test.openCount, 0, 'descriptors are given back');
      renew();
    });
    after(() => place.remove());

    it('C10: every call failing once leaves what was there', async () => {
      let failures = 0;
      for (let at = 1; at <= calls; at++) {
        const test = new TestPosix({ at, kind: 'fail' });
        const error: unknown = await run(test).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        assert.equal(test.openCount, 0, `descriptors left after ${at} (${test.hit})`);
        place.assertTidy();
        if (error === undefined) {
          // Tidying up, or a question that has another answer: the restore is whole all the same.
          assert.deepEqual(withoutRoot(capture(place.target)), withoutRoot(restored));
          renew();
        } else {
          failures++;
          assert.ok(error instanceof KuraError, `call ${at} (${test.hit}): ${String(error)}`);
          assert.deepEqual(now(), original, `call ${at} (${test.hit})`);
        }
      }
      assert.ok(failures > calls / 2, `${failures} of ${calls}`);
    });

    for (const isAfter of [false, true]) {
      it(`C10: killed ${isAfter ? 'after' : 'before'} any call, it is undone`, async () => {
        let undone = 0;
        for (let at = 1; at <= calls; at++) {
          const plan: FaultPlan = { at, kind: 'crash', isAfter };
          const test = new TestPosix(plan);
          await assert.rejects(run(test), `call ${at} (${test.hit})`);
          test.closeAll();
          recover(new TestPosix());
          place.assertTidy();
          if (isAsBefore(now())) undone++;
          else {
            assert.ok(isRestoredButRoot(), `call ${at} (${test.hit})`);
            renew();
          }
        }
        assert.ok(undone > calls / 2, `${undone} of ${calls}`);
      });
    }

    const isRestoredButRoot = (): boolean =>
      isRestored() || sameStates(withoutRoot(capture(place.target)), withoutRoot(restored));

    it('C10: killed while it is undone, it is undone the next time', async () => {
      const middle = Math.ceil(calls * 0.8);
      for (let at = 1; ; at++) {
        const killed = new TestPosix({ at: middle, kind: 'crash' });
        await assert.rejects(run(killed));
        killed.closeAll();
        const test = new TestPosix({ at, kind: 'crash', isAfter: at % 2 === 0 });
        let isThrough = true;
        try {
          recover(test);
        } catch {
          isThrough = false;
        }
        test.closeAll();
        recover(new TestPosix());
        place.assertTidy();
        if (isThrough) break;
        if (!isAsBefore(now()) && isRestoredButRoot()) renew();
        else assert.deepEqual(withTimesOf(now(), original), original, `call ${at} (${test.hit})`);
      }
    });
  });
}

function sameStates(a: State, b: State): boolean {
  if (a.size !== b.size) return false;
  for (const [path, what] of a) if (b.get(path) !== what) return false;
  return true;
}

/**
 * After the staging folder is gone nobody knows what time the folder around it had: a kill between that
 * and setting the time is the one thing that is not undone.
 */
function withTimesOf(state: State, original: State): State {
  const changed = new Map(state);
  for (const path of ['', 'target']) {
    const what = state.get(path)?.replace(/(\d+:\d+) -?\d+/, '$1');
    const wanted = original.get(path);
    if (wanted !== undefined && what === wanted.replace(/(\d+:\d+) -?\d+/, '$1')) {
      changed.set(path, wanted);
    }
  }
  return changed;
}

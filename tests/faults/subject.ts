// One command, the state it starts from, and what must hold after one of its calls has failed. To add one:
// a Subject, and a line in SUBJECTS (main.ts).
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describeEnd, type Ended } from '../real/kura.ts';
import { lastRecord, type Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles } from '../real/tree.ts';

/** Everything that the state of a network consists of, but for what is saved. */
export interface Prepared {
  readonly scene: Scene;
  /** Snapshots that were acknowledged and must come back, with what they hold. */
  readonly acknowledged: readonly { readonly id: string; readonly tree: readonly string[] }[];
}

export interface Subject {
  readonly name: string;
  readonly argv: (prepared: Prepared) => readonly string[];
  prepare(scene: Scene): Promise<Prepared>;
  /** Called before each run, after the state was brought back. */
  readonly arrange?: (prepared: Prepared) => Promise<void>;
  /** After the command under the fault; `again` runs the same command without a fault. */
  verify(prepared: Prepared, ended: Ended, again: () => Promise<Ended>): Promise<void>;
}

async function save(scene: Scene): Promise<Prepared['acknowledged'][number]> {
  const summary = lastRecord(await scene.done('backup', scene.source, '--json'));
  return { id: String(summary['snapshot_id']), tree: describeTree(scene.source) };
}

async function comesBack(scene: Scene, id: string, tree: readonly string[]): Promise<void> {
  const target = scene.path('back');
  await scene.done('restore', id, '--target', target);
  assertSameTree(restored(target, scene.source), tree);
  rmSync(target, { recursive: true });
}

function firstFiles(scene: Scene): void {
  writeFiles(scene.source, { a: 'first '.repeat(3000), 'deep/b': 'second', c: 'third' });
}

function laterFiles(scene: Scene): void {
  writeFiles(scene.source, { a: 'changed '.repeat(5000), 'deep/new': 'new' });
  rmSync(`${scene.source}/c`);
}

export const backupSubject: Subject = {
  name: 'backup',
  argv: ({ scene }) => ['backup', scene.source, '--json'],
  async prepare(scene) {
    firstFiles(scene);
    const first = await save(scene);
    laterFiles(scene);
    return { scene, acknowledged: [first] };
  },
  async verify({ scene, acknowledged }, ended, again) {
    const tree = describeTree(scene.source);
    if (ended.code === 0) await comesBack(scene, String(lastRecord(ended)['snapshot_id']), tree);
    // After code 3 the snapshot lacks what could not be read: the next one must not.
    const next = await again();
    assert.equal(next.code, 0, `the next backup: ${describeEnd(next)}`);
    await comesBack(scene, String(lastRecord(next)['snapshot_id']), tree);
    for (const { id, tree: before } of acknowledged) await comesBack(scene, id, before);
  },
};

const TARGET = 'out';
/** What stood in the target before the restore. */
const standing = new WeakMap<Scene, readonly string[]>();

export const restoreSubject: Subject = {
  name: 'restore',
  argv: ({ scene, acknowledged }) => [
    'restore',
    acknowledged[1]?.id ?? '',
    '--target',
    scene.path(TARGET),
    '--delete',
    '--json',
  ],
  async prepare(scene) {
    firstFiles(scene);
    const first = await save(scene);
    laterFiles(scene);
    return { scene, acknowledged: [first, await save(scene)] };
  },
  /** The earlier state and something else stand there: they are replaced, or stay as they are. */
  arrange: async ({ scene, acknowledged }) => {
    const target = scene.path(TARGET);
    rmSync(target, { recursive: true, force: true });
    await scene.done('restore', acknowledged[0]?.id ?? '', '--target', target);
    writeFiles(target, { 'other/own.txt': 'was here' });
    standing.set(scene, describeTree(target));
  },
  async verify({ scene, acknowledged }, ended, again) {
    const target = scene.path(TARGET);
    const wanted = acknowledged[1]?.tree ?? [];
    if (ended.code === 0) {
      // An attribute that could not be set is named and counted; then the next restore sets it.
      const isWhole = lastRecord(ended)['problems'] === 0;
      if (isWhole) assertSameTree(restored(target, scene.source), wanted);
      else assert.match(ended.err, /"message_type":"warning".*"path":/);
    } else assertSameTree(target, standing.get(scene) ?? []);
    const next = await again();
    assert.equal(next.code, 0, `the next restore: ${describeEnd(next)}`);
    assertSameTree(restored(target, scene.source), wanted);
  },
};

export const pruneSubject: Subject = {
  name: 'prune',
  argv: () => ['prune', '--max-unused', '0%', '--json'],
  async prepare(scene) {
    firstFiles(scene);
    const first = await save(scene);
    laterFiles(scene);
    const second = await save(scene);
    await scene.done('forget', first.id);
    return { scene, acknowledged: [second] };
  },
  async verify({ scene, acknowledged }, _ended, again) {
    for (const { id, tree } of acknowledged) await comesBack(scene, id, tree);
    const next = await again();
    assert.equal(next.code, 0, `the next prune: ${describeEnd(next)}`);
    await scene.done('check', '--read-data');
    for (const { id, tree } of acknowledged) await comesBack(scene, id, tree);
  },
};

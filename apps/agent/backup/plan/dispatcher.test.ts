import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, KuraError, must, utf8 } from '@kura/base';
import type { FilesDone, FilesTask, Line, ShareDone, ShareTask } from '../line/tasks.ts';
import { Dispatcher, type FileOutcome } from './dispatcher.ts';

const NO_WORK = { bytesAdded: 0, packsUsed: [] };
const MIB = 1024 * 1024;

/** Lets everything that is ready happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Held {
  readonly task: FilesTask | ShareTask;
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
}

/** A line that does nothing before the test says so; then every entry is the path of its file. */
class HeldLine {
  readonly held: Held[] = [];

  get line(): Line {
    const unused = () => assert.fail('a dispatcher only hands out files and shares');
    return {
      files: (task) => this.#hold(task, () => filesDone(task)),
      share: (task) => this.#hold(task, () => shareDone(task)),
      pack: unused,
      adopt: unused,
      finishData: unused,
      planFolderPack: unused,
      finishFolders: unused,
      abort: unused,
    };
  }

  next(): Held {
    return must(this.held.shift(), 'a task under way');
  }

  #hold<Done>(task: FilesTask | ShareTask, done: () => Done): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.held.push({ task, finish: () => resolve(done()), fail: reject });
    });
  }
}

function filesDone({ files }: FilesTask): FilesDone {
  const parts = files.map(({ path }) => (path.includes('bad') ? new Uint8Array(0) : utf8(path)));
  let end = 0;
  const ends = Uint32Array.from(parts, (part) => {
    end += part.length;
    return end;
  });
  const problems = files.flatMap(({ path }, index) => {
    const problem = { code: 'source_unreadable', why: path } as const;
    return path.includes('bad') ? [[index, problem] as const] : [];
  });
  return { entries: Buffer.concat(parts), ends, problems, bytesRead: 1, work: NO_WORK };
}

function shareDone({ share }: ShareTask): ShareDone {
  const content = [{ id: new Uint8Array(32) as never, length: share }];
  return { status: {} as never, content, bytesRead: 1, work: NO_WORK };
}

function dispatcherOf(count: number) {
  const lines = Array.from({ length: count }, () => new HeldLine());
  const outcomes = new Map<string, FileOutcome>();
  let works = 0;
  const dispatcher = new Dispatcher({
    lines: lines.map((one) => one.line),
    onWork: () => {
      works++;
    },
  });
  const file = (name: string, sizeBytes = 0): Promise<void> | undefined =>
    dispatcher.file({
      path: byteString(name),
      name: byteString(name),
      sizeBytes,
      finish: (done) => {
        assert.equal(outcomes.has(name), false, `${name} is finished once`);
        outcomes.set(name, done);
      },
    });
  /** Where the walk has no reason to wait. */
  const add = (name: string, sizeBytes = 0): void => assert.equal(file(name, sizeBytes), undefined);
  return { lines, dispatcher, file, add, outcomes, works: () => works };
}

const filesIn = ({ task }: Held): number => ('files' in task ? task.files.length : 0);

describe('files on their way to the lines', () => {
  it('go in batches of 128 files or 8 MiB, and what is left over goes at the end', async () => {
    const { lines, dispatcher, add } = dispatcherOf(1);
    const [line] = lines;
    for (let index = 0; index < 130; index++) add(`f${index}`);
    add('large', 8 * MIB);
    add('last');
    dispatcher.walkDone();
    const sizes: number[] = [];
    while (line !== undefined && line.held.length > 0) {
      const held = line.next();
      sizes.push(filesIn(held));
      held.finish();
      await settled();
    }
    assert.deepEqual(sizes, [128, 3, 1]);
    await dispatcher.drain();
  });

  it('every file gets its own entry, or its own problem', async () => {
    const { lines, dispatcher, add, outcomes, works } = dispatcherOf(1);
    for (const name of ['a', 'bad1', 'bb', 'bad2', 'ccc']) add(name);
    dispatcher.walkDone();
    lines[0]?.next().finish();
    await dispatcher.drain();
    const told = [...outcomes].map(([name, { bytes, problem }]) => [
      name,
      bytes === undefined ? undefined : Buffer.from(bytes).toString(),
      problem?.why,
    ]);
    assert.deepEqual(told, [
      ['a', 'a', undefined],
      ['bad1', undefined, 'bad1'],
      ['bb', 'bb', undefined],
      ['bad2', undefined, 'bad2'],
      ['ccc', 'ccc', undefined],
    ]);
    assert.equal(works(), 1);
  });

  it('go to whoever has least to do, and no line has more than two', async () => {
    const { lines, dispatcher } = dispatcherOf(2);
    const path = byteString('/big');
    const shares = Array.from({ length: 6 }, (_, share) => dispatcher.share(path, share, MIB));
    assert.deepEqual(
      lines.map((line) => line.held.length),
      [2, 2],
    );
    lines[1]?.next().finish();
    await settled();
    assert.deepEqual(
      lines.map((line) => line.held.length),
      [2, 2],
    );
    while (lines.some((line) => line.held.length > 0)) {
      for (const line of lines) for (const held of line.held.splice(0)) held.finish();
      await settled();
    }
    const done = await Promise.all(shares);
    assert.deepEqual(
      done.map(({ content }) => content[0]?.length),
      [0, 1, 2, 3, 4, 5],
    );
  });

  it('a line learns what remains only when the walk is over', async () => {
    const { lines, dispatcher } = dispatcherOf(1);
    const path = byteString('/big');
    const shares = [3, 5, 7].map((size, share) => dispatcher.share(path, share, size));
    dispatcher.walkDone();
    const remaining: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const held = must(lines[0], 'a line').next();
      remaining.push(held.task.remainingBytes);
      held.finish();
      await settled();
    }
    await Promise.all(shares);
    assert.deepEqual(remaining, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0]);
  });

  it('the walk waits when it is 4096 files ahead, and goes on when half of them are under way', async () => {
    const { lines, file } = dispatcherOf(1);
    const line = must(lines[0], 'a line');
    let waiting: Promise<void> | undefined;
    let count = 0;
    while (waiting === undefined) waiting = file(`f${count++}`);
    assert.ok(count > 4096 && count <= 4096 + 3 * 128, `${count} files`);
    let isWaiting = true;
    const told = waiting.then(() => {
      isWaiting = false;
    });
    line.next().finish();
    await settled();
    assert.equal(isWaiting, true);
    while (isWaiting) {
      line.next().finish();
      await settled();
    }
    await told;
    assert.equal(file('one more'), undefined);
  });
});

describe('when a line fails', () => {
  const full = new KuraError('no_space', 'full');

  it('nothing more is begun, and whoever waits is told', async () => {
    const { lines, dispatcher, file } = dispatcherOf(1);
    const line = must(lines[0], 'a line');
    let waiting: Promise<void> | undefined;
    for (let index = 0; waiting === undefined; index++) waiting = file(`f${index}`);
    const walk = assert.rejects(waiting, full);
    line.next().fail(full);
    await walk;
    line.next().finish();
    await settled();
    assert.equal(line.held.length, 0);
    await assert.rejects(dispatcher.drain(), full);
    assert.throws(() => file('later'), full);
    assert.throws(() => dispatcher.share(byteString('/big'), 0, 1), full);
  });

  it('a share tells only who asked for it: a file that changed is no fault of the line', async () => {
    const { lines, dispatcher, add } = dispatcherOf(1);
    const changed = new KuraError('source_changed', 'changed');
    const share = dispatcher.share(byteString('/big'), 0, 1);
    lines[0]?.next().fail(changed);
    await assert.rejects(share, changed);
    add('small');
    dispatcher.walkDone();
    lines[0]?.next().finish();
    await dispatcher.drain();
  });

  it('what fails outside ends it as well', async () => {
    const { lines, dispatcher, add } = dispatcherOf(1);
    add('small');
    dispatcher.walkDone();
    const drained = assert.rejects(dispatcher.drain(), full);
    dispatcher.fail(full);
    lines[0]?.next().finish();
    await drained;
  });
});

// For tests: a folder of its own on the real disk, with a target in it and something beside the target
// that no restore may touch.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ByteString, byteString, type Clock, type Random } from '@kura/base';
import { loadNative } from '@kura/native';
import type { RestoreOptions, RestorePorts, RestoreSummary } from './ports.ts';
import { removeTree } from './remove-tree.ts';
import { restore } from './restore.ts';
import { capture, orClosed } from './test-capture.ts';
import type { TestTree } from './test-tree.ts';

const { posix } = loadNative();
const MEMORY = '/dev/shm';

/** Stands still; nothing in a restore depends on it but the duration it reports. */
const CLOCK: Clock = { nowMs: () => 0, elapsedMs: () => 0 };

/** Names of staging folders differ, and that is all that a restore wants of chance. */
class CountingRandom implements Random {
  #count = 0;

  bytes(count: number): Uint8Array {
    return new Uint8Array(count).fill(++this.#count);
  }

  below(limit: number): number {
    return this.#count % limit;
  }
}

export interface RunOptions extends Partial<Omit<RestoreOptions, 'root' | 'target'>> {
  readonly ports?: Partial<RestorePorts>;
  readonly target?: ByteString;
}

export class TestPlace {
  readonly path: string;
  readonly target: ByteString;
  readonly outside: ByteString;
  readonly #outsideBefore: Map<string, string>;
  readonly #random = new CountingRandom();

  /** `inMemory` where the system has such a file system: for tests that make thousands of files. */
  constructor({ inMemory = false }: { readonly inMemory?: boolean } = {}) {
    const parent = inMemory && fs.existsSync(MEMORY) ? MEMORY : tmpdir();
    this.path = fs.mkdtempSync(join(parent, 'kura-restore-'));
    this.target = byteString(join(this.path, 'target'));
    const outside = join(this.path, 'outside');
    fs.mkdirSync(join(outside, 'folder'), { recursive: true });
    fs.writeFileSync(join(outside, 'file'), 'precious');
    this.outside = byteString(outside);
    this.#outsideBefore = capture(this.outside, { withInodes: true });
  }

  /** A path below the target, for node:fs. */
  at(path: string): string {
    return join(this.path, 'target', path);
  }

  restore(
    tree: TestTree,
    root: RestoreOptions['root'],
    { ports, ...options }: RunOptions = {},
  ): Promise<RestoreSummary> {
    return restore(
      {
        root,
        target: this.target,
        overwrite: 'always',
        delete: false,
        verify: false,
        dryRun: false,
        sparse: false,
        owners: process.getuid?.() === 0,
        ...options,
      },
      {
        tree,
        content: tree,
        posix,
        clock: CLOCK,
        random: this.#random,
        ...ports,
      },
    );
  }

  /** Nothing of the restore's own is left, and nothing beside the target was touched. */
  assertTidy(): void {
    assert.deepEqual(leftoversIn(byteString(this.path)), []);
    assert.deepEqual(capture(this.outside, { withInodes: true }), this.#outsideBefore);
  }

  remove(): void {
    const folder = posix.openFolder(byteString(dirname(this.path)));
    try {
      assert.equal(removeTree({ posix, folder, name: byteString(basename(this.path)) }), 0);
    } finally {
      posix.close(folder);
    }
  }
}

/** Staging folders anywhere below; not deeper than a path can name. */
function leftoversIn(path: ByteString): string[] {
  const found: string[] = [];
  for (const { name, type } of orClosed(() => posix.readFolder(path)) ?? []) {
    const below = `${path}/${name}` as ByteString;
    if (name.includes('kura-restore')) found.push(below);
    if (type === 'folder' && below.length < 3000) found.push(...leftoversIn(below));
  }
  return found;
}

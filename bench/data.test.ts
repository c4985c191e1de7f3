// Goal: every run measures the same bytes, of the kind that the cases promise.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { BenchData, randomStream } from './data.ts';
import { LogText } from './log-text.ts';

const MIB = 2 ** 20;
const SIZES = { randomBytes: 8 * MIB, logBytes: MIB, treeFiles: 300, treeBytes: 2 * MIB };

function withFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'kura-bench-test-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('log text is the same for the same seed, and compresses about four to one', () => {
  const make = (seed: number): Buffer => new LogText(randomStream(seed)).block(MIB);
  const text = make(1);
  assert.equal(text.length, MIB);
  assert.ok(text.equals(make(1)));
  assert.ok(!text.equals(make(2)));
  const packed = text.length / zstdCompressSync(text, { params: { 100: 1 } }).length;
  assert.ok(packed > 3.5 && packed < 5, `compressed ${packed} times`);
});

test('one KiB is inserted in the middle, and the original comes back', () => {
  withFolder((folder) => {
    const data = new BenchData(folder, SIZES);
    const path = join(data.path('random'), 'random.bin');
    data.prepare('random');
    const before = readFileSync(path);
    data.insert(1);
    const after = readFileSync(path);
    assert.equal(after.length, before.length + 1024);
    const middle = before.length / 2;
    assert.ok(after.subarray(0, middle).equals(before.subarray(0, middle)));
    assert.ok(after.subarray(middle + 1024).equals(before.subarray(middle)));
    data.prepare('random');
    assert.ok(readFileSync(path).equals(before));
  });
});

test('a later run uses the data again; another size makes it anew', () => {
  withFolder((folder) => {
    const path = join(folder, 'log', 'requests.log');
    new BenchData(folder, SIZES).prepare('log');
    truncateSync(path, 1);
    const again = new BenchData(folder, SIZES).prepare('log');
    assert.equal(statSync(path).size, 1);
    assert.match(again, /one file of 1 MiB/);
    new BenchData(folder, { ...SIZES, logBytes: 2 * MIB }).prepare('log');
    assert.equal(statSync(path).size, 2 * MIB);
  });
});

test('the tree has at least the files and bytes that are asked for, and says so', () => {
  withFolder((folder) => {
    const text = new BenchData(folder, SIZES).prepare('tree');
    const [, files, size] = /^(\d+) files and \d+ symbolic links, (\d+) MiB/.exec(text) ?? [];
    assert.ok(Number(files) >= 300, text);
    assert.ok(Number(size) >= 2, text);
  });
});

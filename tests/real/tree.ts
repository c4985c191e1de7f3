// What a folder holds, as lines that can be compared: every attribute that a backup must bring back, and
// the content as a hash. It walks by itself, so that Kura is never asked whether Kura was right; only
// extended attributes, which Node cannot read, come through @kura/native.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import type { SeededRandom } from '@kura/testing';

/** Names are latin1: one character per byte, whatever the encoding. */
const asPath = (bytes: string): Buffer => Buffer.from(bytes, 'latin1');

function contentOf(path: string, status: BigIntStats): string {
  if (status.isSymbolicLink()) return `→ ${readlinkSync(asPath(path), 'latin1')}`;
  if (!status.isFile()) return '';
  return createHash('sha256')
    .update(readFileSync(asPath(path)))
    .digest('hex')
    .slice(0, 20);
}

function attributesOf(path: string): string {
  const found = loadNative().posix.attributes(path as ByteString);
  return found.map(({ name, value }) => `${name}=${Buffer.from(value).toString('hex')}`).join(',');
}

/** One line per entry, sorted by name; the folder itself is the first one. */
export function describeTree(folder: string): string[] {
  const root: string = byteString(folder);
  const lines: string[] = [];
  const firstName = new Map<bigint, string>();
  const visit = (path: string): void => {
    const status = lstatSync(asPath(path), { bigint: true });
    const name = path.slice(root.length) || '.';
    const parts = [
      JSON.stringify(name),
      status.mode.toString(8),
      `${status.uid}:${status.gid}`,
      `mtime ${status.mtimeNs}`,
      status.isDirectory() ? '' : `${status.size} bytes, ${status.nlink} links`,
      status.isBlockDevice() || status.isCharacterDevice() ? `device ${status.rdev}` : '',
      contentOf(path, status),
      attributesOf(path),
    ];
    if (!status.isDirectory() && status.nlink > 1n) {
      const first = firstName.get(status.ino);
      if (first === undefined) firstName.set(status.ino, name);
      else parts.push(`the same as ${JSON.stringify(first)}`);
    }
    lines.push(parts.filter((part) => part !== '').join(' '));
    if (!status.isDirectory()) return;
    const names = readdirSync(asPath(path), { encoding: 'latin1' }).sort();
    for (const child of names) visit(`${path}/${child}`);
  };
  visit(root);
  return lines;
}

/** The first difference is enough; a diff of large trees would say less, and take minutes. */
export function assertSameTree(actual: string, expected: readonly string[]): void {
  const lines = describeTree(actual);
  const at = expected.findIndex((line, index) => lines[index] !== line);
  if (at >= 0) assert.fail(`expected ${expected[at]}\nbut found ${lines[at]}`);
  assert.equal(lines.length, expected.length, 'there is more than was saved');
}

/** Files by their path below `folder`. */
export function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

const KIB = 1024;
/** Small ones share chunks and packs, the large one spans several chunks. */
const SIZES = [0, 1, 700, 4 * KIB, 33 * KIB, 300 * KIB, 2600 * KIB] as const;

/** A few megabytes of files that do not compress, in three folders. */
export function writeSample(folder: string, random: SeededRandom): void {
  for (const place of ['one', 'two/deep', 'three']) {
    for (const size of SIZES) {
      const isLarge = size > 1024 * KIB;
      if (isLarge && place !== 'one') continue;
      writeFiles(folder, { [`${place}/${size}.bin`]: random.bytes(size) });
    }
  }
}

/** Where `--target` puts what was saved under this absolute path. */
export function restored(target: string, path: string): string {
  return join(target, path);
}

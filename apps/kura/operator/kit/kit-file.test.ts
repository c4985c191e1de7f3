// Goal: a kit comes back line by line as it was written, for who knows its passphrase, and a changed one not at all.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KuraError } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { readKitLines, writeKit } from './kit-file.ts';

const random = new SeededRandom(1);
const passphrase = 'a storehouse has thick walls';
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kura-kit-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Does not compress, so that there are several segments. */
const LINES = ['{"first":1}', Buffer.from(random.bytes(3_000_000)).toString('base64'), '蔵'];

async function* lines(): AsyncGenerator<string> {
  yield* LINES;
}

async function written(name: string): Promise<string> {
  const path = join(folder, name);
  await writeKit(path, lines(), { passphrase, random });
  return path;
}

async function readAll(path: string, word = passphrase): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const line of readKitLines(path, word)) all.push(line);
  return all;
}

const fails = (code: KuraError['code']) => (error: unknown) =>
  error instanceof KuraError && error.code === code;

test('what was written comes back', async () => {
  const found = await readAll(await written('whole'));
  assert.equal(found.length, LINES.length);
  assert.ok(found.every((line, at) => line === LINES[at]));
});

test('another passphrase opens nothing', async () => {
  await assert.rejects(readAll(await written('sealed'), 'another'), fails('wrong_passphrase'));
});

test('a bit that changed, a segment that is missing, an end that is cut off: damaged', async () => {
  const path = await written('damaged');
  const bytes = readFileSync(path);
  const read = async (changed: Uint8Array): Promise<readonly string[]> => {
    writeFileSync(path, changed);
    return readAll(path);
  };
  for (const at of [bytes.length - 1, Math.floor(bytes.length / 2), 900]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await assert.rejects(read(changed), fails('corrupt'), `byte ${at}`);
  }
  const head = bytes.indexOf(10, bytes.indexOf(10) + 1) + 1;
  const second = head + 4 + bytes.readUInt32LE(head);
  const without = Buffer.concat([bytes.subarray(0, head), bytes.subarray(second)]);
  await assert.rejects(read(without), fails('corrupt'), 'the first segment');
  await assert.rejects(read(bytes.subarray(0, second)), fails('corrupt'), 'the rest');
  await assert.rejects(read(bytes.subarray(0, -5)), fails('corrupt'), 'the end');
});

test('nothing is written over, and what cannot be ended is not left', async () => {
  const path = await written('there');
  const before = readFileSync(path);
  await assert.rejects(writeKit(path, lines(), { passphrase, random }), fails('already_exists'));
  assert.equal(Buffer.compare(readFileSync(path), before), 0);
  async function* breaking(): AsyncGenerator<string> {
    yield 'one';
    throw new KuraError('unreachable', 'the database is away');
  }
  const other = join(folder, 'broken');
  await assert.rejects(writeKit(other, breaking(), { passphrase, random }), fails('unreachable'));
  assert.throws(() => readFileSync(other), { code: 'ENOENT' });
});

// Goal: on a disk that is full in the middle of a file, the secrets of a coordinator or gateway stay as
// they were (R19).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { StateFiles } from '@kura/coordinator/serve/state-folder.ts';

const MODULE = import.meta.resolve('@kura/coordinator/serve/state-folder.ts');
/** In a process that may write 8 KiB into a file: the first write takes a part, and says so by its answer only. */
const WRITE = `
  import { StateFiles } from '${MODULE}';
  process.on('SIGXFSZ', () => undefined);
  try {
    new StateFiles(process.argv[1]).replace('a.key', 'x'.repeat(100_000));
    console.log('published');
  } catch (error) {
    console.log(error.code);
  }
`;

test('R19: what could be written in part only is not published', () => {
  const folder = fs.mkdtempSync(`${os.tmpdir()}/kura-state-`);
  try {
    const files = new StateFiles(folder);
    files.create('a.key', 'whole\n');
    assert.throws(() => files.create('a.key', 'other\n'), { code: 'already_exists' });
    const node = `exec "${process.execPath}" --input-type=module -e "$0" "$1"`;
    const shell = ['-c', `ulimit -f 16; ${node}`, WRITE, folder];
    const { stdout, stderr } = spawnSync('sh', shell, { encoding: 'utf8' });
    assert.equal(stdout.trim(), 'no_space', stderr);
    assert.equal(files.read('a.key'), 'whole\n');
    assert.equal(fs.statSync(`${folder}/a.key`).mode & 0o777, 0o600);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

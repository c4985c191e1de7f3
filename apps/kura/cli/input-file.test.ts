import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { readInputFile } from './input-file.ts';

describe('C12: a file that the command line names', () => {
  let folder = '';
  const read = (name: string, maxBytes = 5) =>
    readInputFile({ path: join(folder, name), noun: 'list of files', maxBytes });
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-input-'));
    writeFileSync(join(folder, 'five'), '12345');
    mkdirSync(join(folder, 'sub'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read as it is, up to its bound', () => {
    assert.equal(read('five').toString(), '12345');
    assert.throws(() => read('five', 4), {
      code: 'too_large',
      message: /list of files .*five is too/,
    });
  });

  for (const [name, code, why] of [
    ['gone', 'missing', 'gone does not exist'],
    ['five/below', 'missing', 'a part of its path is no folder'],
    ['sub', 'io', 'sub is a folder'],
  ] as const) {
    it(`${name}: one sentence without the system's own words, and what to do`, () => {
      assert.throws(
        () => read(name, 1 << 20),
        (error) => {
          assert.ok(error instanceof KuraError);
          assert.equal(error.code, code);
          assert.ok(error.message.startsWith('the list of files ') && error.message.endsWith(why));
          assert.equal(error.guidance, 'Check the path.');
          return true;
        },
      );
    });
  }
});

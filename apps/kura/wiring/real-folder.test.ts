import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { realFolder } from './real-folder.ts';

describe('where a folder really is', () => {
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'kura-real-')));
    mkdirSync(at('disk', 'a'), { recursive: true });
    symlinkSync(at('disk'), at('link'));
    symlinkSync('loop', at('loop'));
    writeFileSync(at('file'), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is behind every link on the way, whether it exists or not', () => {
    assert.equal(realFolder(at('link')), at('disk'));
    assert.equal(realFolder(at('link', 'a')), at('disk', 'a'));
    assert.equal(realFolder(at('link', 'new', 'newer')), at('disk', 'new', 'newer'));
  });

  it('stays as it is without links, or if nobody can say', () => {
    for (const path of ['/', at('disk'), at('none', 'at', 'all'), at('file', 'x'), at('loop')]) {
      assert.equal(realFolder(path), path);
    }
  });
});

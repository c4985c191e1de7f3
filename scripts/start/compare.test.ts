// The comparison judges the restore, so it must see every kind of difference, and none where there is none.
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { compareTrees } from './compare.ts';

let root = '';
let source = '';
let copy = '';

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/kura-compare-`);
  source = `${root}/source`;
  copy = `${root}/copy${source}`;
  mkdirSync(`${source}/folder`, { recursive: true });
  writeFileSync(`${source}/folder/file`, 'the same');
  writeFileSync(Buffer.from(`${source}/na\xffme`, 'latin1'), '');
  symlinkSync('file', `${source}/folder/link`);
  cpSync(source, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  settle(source);
  settle(copy);
});

afterEach(() => rmSync(root, { recursive: true }));

const differences = async (isExcluded: (path: string) => boolean = () => false) => {
  const { signal } = new AbortController();
  const options = { isExcluded, signal, onFile: () => undefined };
  const { differences: found } = await compareTrees([source], `${root}/copy`, options);
  return found.map(({ path, what }) => `${path.slice(source.length)} ${what}`);
};

/** All times alike, so that nothing but what a test changes is different. */
function settle(top: string): void {
  for (const path of ['/folder/link', '/folder/file', '/na\xffme', '/folder', '']) {
    const bytes = Buffer.from(top + path, 'latin1');
    if (lstatSync(bytes, { throwIfNoEntry: false }) !== undefined) lutimesSync(bytes, 1, 1);
  }
}

function change(act: () => void): void {
  act();
  settle(copy);
}

describe('trees are compared', () => {
  it('one byte is seen', async () => {
    change(() => writeFileSync(`${copy}/folder/file`, 'the sane'));
    assert.deepEqual(await differences(), ['/folder/file has other bytes']);
  });

  it('a length is seen', async () => {
    change(() => truncateSync(`${copy}/folder/file`, 3));
    assert.deepEqual(await differences(), ['/folder/file has another size']);
  });

  it('a mode is seen', async () => {
    change(() => chmodSync(`${copy}/folder/file`, 0o600));
    assert.deepEqual(await differences(), ['/folder/file has another type or mode']);
  });

  it('a time is seen', async () => {
    utimesSync(`${copy}/folder/file`, 1, 2);
    assert.deepEqual(await differences(), ['/folder/file has another time']);
  });

  it('what is missing is seen, and what is too much', async () => {
    change(() => rmSync(`${copy}/folder/file`));
    writeFileSync(`${copy}/folder/more`, '');
    settle(copy);
    assert.deepEqual((await differences()).sort(), [
      '/folder/file is in one of the two only',
      '/folder/more is in one of the two only',
    ]);
  });

  it('a link that points elsewhere is seen', async () => {
    change(() => {
      rmSync(`${copy}/folder/link`);
      symlinkSync('elsewhere', `${copy}/folder/link`);
    });
    assert.deepEqual(await differences(), ['/folder/link points elsewhere']);
  });

  it('a name in no known encoding is compared like any other', async () => {
    change(() => writeFileSync(Buffer.from(`${copy}/na\xffme`, 'latin1'), 'x'));
    assert.deepEqual(await differences(), ['/na\xffme has another size']);
  });

  it('what was left out of the backup is not missing', async () => {
    change(() => rmSync(`${copy}/folder/file`));
    assert.deepEqual(await differences((path) => path.endsWith('/file')), []);
  });
});

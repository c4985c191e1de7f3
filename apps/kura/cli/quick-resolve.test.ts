import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { resolveQuickly } from './quick-resolve.ts';

test('a module beside its importer is the one that Node finds', () => {
  const here = import.meta.url;
  assert.equal(resolveQuickly('./program.ts', here), import.meta.resolve('./program.ts'));
  assert.equal(resolveQuickly('../main.ts', here), import.meta.resolve('../main.ts'));
});

test('a folder with an odd name keeps it, so that no module is loaded twice', () => {
  const odd = '/a b/50%/#1/what?/[x]~é';
  const url = (name: string): string => pathToFileURL(`${odd}/${name}`).href;
  assert.equal(resolveQuickly('./deep/b.ts', url('a.ts')), url('deep/b.ts'));
  assert.equal(resolveQuickly('../b.ts', url('deep/a.ts')), url('b.ts'));
});

test('what can mean more than one file is left to Node', () => {
  const here = import.meta.url;
  for (const other of [
    '@kura/base',
    'node:fs',
    './folder',
    './a.js',
    './a.ts?b',
    '/a.ts',
    'a.ts',
  ]) {
    assert.equal(resolveQuickly(other, here), undefined, other);
  }
  assert.equal(resolveQuickly('./a.ts', undefined), undefined);
  assert.equal(resolveQuickly('./a.ts', 'data:text/javascript,'), undefined);
  assert.equal(resolveQuickly('./a.ts', 'file:///x/node_modules/y/b.ts'), undefined);
});

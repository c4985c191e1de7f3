import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { resolvePackage, resolveQuickly } from './quick-resolve.ts';

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

test('a package of this project is asked for once, and any other each time', () => {
  const known = new Map<string, string>();
  const asked: string[] = [];
  const find = (specifier: string, parent: string | undefined): string =>
    resolvePackage(known, { specifier, parent }, () => {
      asked.push(specifier);
      return `${specifier} for ${parent}`;
    });
  assert.equal(find('@kura/base', 'file:///k/a.ts'), '@kura/base for file:///k/a.ts');
  assert.equal(find('@kura/base', 'file:///k/b.ts'), '@kura/base for file:///k/a.ts');
  assert.equal(find('@kura/base/x.ts', 'file:///k/b.ts'), '@kura/base/x.ts for file:///k/b.ts');
  const foreign = 'file:///k/node_modules/y/b.ts';
  assert.equal(find('@kura/base', foreign), `@kura/base for ${foreign}`);
  assert.equal(find('commander', 'file:///k/a.ts'), 'commander for file:///k/a.ts');
  assert.equal(find('commander', 'file:///k/b.ts'), 'commander for file:///k/b.ts');
  const each = ['@kura/base', '@kura/base/x.ts', '@kura/base', 'commander', 'commander'];
  assert.deepEqual(asked, each);
});

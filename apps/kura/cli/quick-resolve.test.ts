import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { resolvePackage, resolveQuickly } from './quick-resolve.ts';

const urlOf = (specifier: string, parent: string | undefined): string | undefined =>
  resolveQuickly(specifier, parent)?.url;

test('a module beside its importer is the one that Node finds', () => {
  const here = import.meta.url;
  assert.equal(urlOf('./program.ts', here), import.meta.resolve('./program.ts'));
  assert.equal(urlOf('../main.ts', here), import.meta.resolve('../main.ts'));
  assert.equal(resolveQuickly('../main.ts', here)?.format, 'module-typescript');
});

test('a file of a dependency is the one that Node finds, and Node says what it is', () => {
  const kysely = createRequire(import.meta.url).resolve('kysely');
  const parent = pathToFileURL(kysely).href;
  for (const name of ['./kysely.js', './dialect/sqlite/sqlite-dialect.js']) {
    const found = pathToFileURL(createRequire(kysely).resolve(name)).href;
    assert.deepEqual(resolveQuickly(name, parent), { url: found });
  }
});

test('a folder with an odd name keeps it, so that no module is loaded twice', () => {
  const odd = '/a b/50%/#1/what?/[x]~é';
  const url = (name: string): string => pathToFileURL(`${odd}/${name}`).href;
  assert.equal(urlOf('./deep/b.ts', url('a.ts')), url('deep/b.ts'));
  assert.equal(urlOf('../b.ts', url('deep/a.ts')), url('b.ts'));
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
  const dependency = 'file:///x/node_modules/y/b.js';
  for (const other of ['./a.ts', './a', './a.json', 'z/a.js']) {
    assert.equal(resolveQuickly(other, dependency), undefined, other);
  }
});

test('a package of this project is asked for once, and any other each time', () => {
  const known = new Map<string, { readonly url: string }>();
  const asked: string[] = [];
  const find = (specifier: string, parent: string): string =>
    resolvePackage(known, { specifier, parent }, () => {
      asked.push(specifier);
      return { url: `${specifier} for ${parent}` };
    }).url;
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

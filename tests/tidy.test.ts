// What linters and the compiler cannot check, checked on this checkout. Each rule is also shown
// something that breaks it, because a rule that cannot fail protects nothing.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LAYERS, PACKAGE_FOLDERS, type PackageName } from './layers.ts';
import { CIRCLE_RULES } from './tidy/circle-rule.ts';
import { CODE_RULES } from './tidy/code-rules.ts';
import { DEPENDENCY_RULES, runtimePackages } from './tidy/dependency-rules.ts';
import { DOCUMENT_RULES } from './tidy/document-rules.ts';
import { LAYER_RULES } from './tidy/layer-rules.ts';
import { type Repository, readRepository } from './tidy/repository.ts';
import { functionsOf, importsOf, sourceFile } from './tidy/source.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RULES = [
  ...LAYER_RULES,
  ...CIRCLE_RULES,
  ...CODE_RULES,
  ...DEPENDENCY_RULES,
  ...DOCUMENT_RULES,
];

const CLEAN: Repository = {
  files: [],
  manifests: new Map(),
  lock: {},
  readmes: new Map(),
  decisions: '',
  documents: new Map(),
  exists: () => false,
};

function withFile(path: string, text: string): Repository {
  return { ...CLEAN, files: [sourceFile(path, text)] };
}

const HEAD = '// A file.\n';
const long = (lines: number): string => `${HEAD}function f() {\n${'g();\n'.repeat(lines)}}\n`;

/** Rule → things that must be found. */
const BROKEN: Readonly<Record<string, readonly Repository[]>> = {
  layers: [
    withFile('apps/store/a.ts', "import { x } from '@kura/member-seal';"),
    withFile('apps/store/a.ts', "import type { X } from '@kura/format';"),
    withFile('apps/coordinator/a.ts', "const x = await import('@kura/format/tree.ts');"),
    withFile('apps/coordinator/a.test.ts', "export * from '@kura/member-seal';"),
    withFile('apps/agent/a.ts', "import '@kura/store';"),
    withFile('apps/kura/a.ts', "import { SeededRandom } from '@kura/testing';"),
    withFile('packages/base/a.ts', "import { x } from '@kura/log';"),
  ],
  'relative imports stay inside their package': [
    withFile('apps/store/a.ts', "import { x } from '../../packages/format/tree.ts';"),
    withFile('apps/store/a.ts', "new Worker(new URL('../agent/worker.ts', import.meta.url));"),
  ],
  'what ships does not import tests': [
    withFile('apps/store/a.ts', "import { shelf } from './test-shelf.ts';"),
    withFile('apps/store/a.ts', "import { shelf } from './b/fixtures.ts';"),
  ],
  'no circle of files': [
    {
      ...CLEAN,
      files: [
        sourceFile('apps/agent/a.ts', "import { b } from './b/b.ts';"),
        sourceFile('apps/agent/b/b.ts', "import type { C } from '../c.ts';"),
        sourceFile('apps/agent/c.ts', "const a = await import('./a.ts');"),
      ],
    },
  ],
  'imports name their module': [withFile('apps/store/a.ts', 'await import(name);')],
  'restricted modules of Node': [
    withFile('apps/store/a.ts', "import { writeFileSync } from 'node:fs';"),
    withFile('apps/agent/a.ts', "import ffi from 'node:ffi';"),
    withFile('apps/agent/a.ts', "import { spawn } from 'node:child_process';"),
    withFile('apps/kura/cli/a.ts', "import { spawn } from 'node:child_process';"),
  ],
  'imports are declared': [withFile('apps/agent/a.ts', "import { z } from 'zod';")],
  'time, chance and environment are injected': [
    withFile('apps/agent/a.ts', 'const now = Date.now();'),
    withFile('apps/agent/a.ts', 'const now = new Date();'),
    withFile('apps/agent/a.ts', 'const x = Math.random();'),
    withFile('packages/format/a.ts', "import { randomBytes } from 'node:crypto';"),
    withFile('apps/agent/a.test.ts', 'setTimeout(done, 5);'),
    withFile('apps/agent/a.ts', "const home = process.env['HOME'];"),
  ],
  'no hole in the types': [
    withFile('apps/agent/a.ts', 'const x: any = 1;'),
    withFile('apps/agent/a.ts', 'const x = y as any;'),
    withFile('apps/agent/a.ts', 'const x: Map<string, any> = y;'),
    withFile('apps/agent/a.ts', '// @ts-ignore\nf();'),
  ],
  'named exports only': [withFile('apps/agent/a.ts', 'export default 1;')],
  'small files': [withFile('apps/agent/a.ts', 'f();\n'.repeat(401))],
  'small functions': [
    withFile('apps/agent/a.ts', long(70)),
    withFile('apps/agent/a.ts', `const f = (a: { b: number }): { c: number } => {\n${long(70)}};`),
    withFile(
      'apps/agent/a.ts',
      `class A {\n async #m(): Promise<{ a: 1 }> {\n${'g();\n'.repeat(70)}}}`,
    ),
  ],
  'short lines': [
    withFile('apps/agent/a.ts', `const x = '${'y'.repeat(120)}';`),
    withFile('apps/agent/a.ts', `// ${'y'.repeat(120)}`),
    withFile('apps/agent/a.ts', `f(${'a, '.repeat(33)}b);`),
  ],
  'no empty catch': [
    withFile('apps/agent/a.ts', 'try {\n f();\n} catch {\n}'),
    withFile('apps/agent/a.ts', 'try { f(); } catch (error) {}'),
  ],
  'every file says what it is': [withFile('apps/agent/a.ts', 'export const x = 1;')],
  'no skipped test': [
    withFile('apps/agent/a.test.ts', "it.skip('x', () => {});"),
    withFile('apps/agent/a.test.ts', "it('x', { skip: true }, () => {});"),
  ],
  'nothing is left for later': [withFile('apps/agent/a.ts', `f(); // ${'TO'}DO: later`)],
  'every dependency has a decision record': [
    { ...CLEAN, manifests: new Map([['apps/agent', { dependencies: { zod: '1.0.0' } }]]) },
  ],
  'few packages at run time': [{ ...CLEAN, lock: manyPackages(16) }],
  'no install script': [{ ...CLEAN, lock: { 'node_modules/x': { hasInstallScript: true } } }],
  'the lockfile names no registry': [
    { ...CLEAN, lock: { 'node_modules/x': { resolved: 'https://mirror.example/x.tgz' } } },
  ],
  'documents point to what is there': [
    { ...CLEAN, documents: new Map([['README.md', 'See `apps/gone/`.']]) },
    { ...CLEAN, documents: new Map([['docs/a.md', '[b](b.md)']]) },
  ],
  'every page is in the list of pages': [
    { ...CLEAN, documents: new Map([['docs/design/a.md', '# A']]) },
  ],
  'every row of the mission is in the table once': [
    { ...CLEAN, documents: new Map([['docs/mission.md', '| A1 | a |\n']]) },
  ],
  'tests name rows that there are': [
    withFile('apps/agent/a.test.ts', "it('A26: does more than is asked', f);"),
    withFile('apps/agent/a.test.ts', "it('A2, E17: does other things', f);"),
  ],
  'every package has a short README': [{ ...CLEAN, manifests: new Map([['apps/agent', {}]]) }],
};

/** An agent whose one dependency needs `count - 1` more. */
function manyPackages(count: number): Repository['lock'] {
  const names = Array.from({ length: count - 1 }, (_, index) => `p${index}`);
  return {
    'apps/agent': { dependencies: { first: '1' } },
    'node_modules/first': { dependencies: Object.fromEntries(names.map((name) => [name, '1'])) },
    ...Object.fromEntries(names.map((name) => [`node_modules/${name}`, {}])),
  };
}

/** Things that look like violations and are none. */
const SOUND: readonly Repository[] = [
  withFile('apps/agent/a.ts', `${HEAD}const text = 'Date.now() and any';\n// Math.random()\n`),
  withFile(
    'apps/agent/a.ts',
    `${HEAD}const p = /["'\`]setTimeout/; const q = \`a\${b}Date.now\`;\n`,
  ),
  withFile('apps/agent/a.ts', `${HEAD}try {\n f();\n} catch {\n // it has just gone\n}\n`),
  withFile('apps/agent/a.ts', `${HEAD}import { toHex } from './b.ts';\nif (any) f(any.x);\n`),
  withFile('apps/agent/a.ts', `${HEAD}if (a) {\n${'g();\n'.repeat(80)}}\n`),
  withFile('apps/agent/a.test.ts', `describe('x', () => {\n${"it('y');\n".repeat(80)}});\n`),
  withFile('apps/agent/a.ts', `${HEAD}const x = '${'y'.repeat(100)}';\n`),
  withFile('apps/agent/a.test.ts', '// @ts-expect-error: a PackId is no SnapshotId\nf(x);\n'),
  withFile(
    'apps/agent/index.ts',
    "export { a } from './a.ts';\nexport type {\n  B,\n} from './b.ts';\n",
  ),
  withFile('apps/agent/a.ts', `${HEAD}const at = new Date(timeMs);\n`),
];

const rowsOf = (letter: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `| ${letter}${index + 1} | x |\n`).join('');

const SOUND_DOCUMENTS = new Map([
  [
    'docs/mission.md',
    rowsOf('A', 25) + rowsOf('B', 13) + rowsOf('C', 16) + rowsOf('D', 20) + rowsOf('E', 16),
  ],
  [
    'docs/a.md',
    'See `docs/decisions/NNNN-title.md`, `packages/*/a.ts` and [it](https://example.org).',
  ],
  ['docs/decisions/0001-a.md', 'Why a.'],
  ['docs/README.md', '[The mission](mission.md#open), [a](a.md).'],
]);

describe('tidy: this checkout', () => {
  const repository = readRepository(ROOT);

  for (const rule of RULES) {
    it(`${rule.name}`, () => {
      const found = rule.check(repository).map(({ where, what }) => `${where}: ${what}`);
      assert.ok(found.length === 0, `${rule.name}: ${rule.reason}\n  ${found.join('\n  ')}\n`);
    });
  }

  it('every folder with a manifest is in the layer table', () => {
    const listed = new Set<string>(Object.values(PACKAGE_FOLDERS));
    const owned = repository.files.filter((file) => /^(?:apps|packages)\//.test(file.path));
    const folders = new Set(owned.map((file) => file.path.split('/').slice(0, 2).join('/')));
    assert.deepEqual(
      [...folders].filter((folder) => !listed.has(folder)),
      [],
    );
  });

  it('the agent and the store each run on at most 15 packages from outside', () => {
    const agent = runtimePackages(repository.lock, PACKAGE_FOLDERS.agent);
    assert.ok(agent.has('node_modules/@scure/bip39'), 'what the agent is known to need is found');
    assert.ok(agent.has('node_modules/@noble/hashes'), 'also what that needs');
  });
});

describe('tidy: the rules themselves', () => {
  for (const rule of RULES) {
    it(`finds what breaks "${rule.name}"`, () => {
      const broken = BROKEN[rule.name] ?? [];
      assert.notEqual(broken.length, 0, 'no example of a violation');
      for (const repository of broken) {
        const example = repository.files[0]?.text ?? 'the example';
        assert.notDeepEqual(rule.check(repository), [], `nothing found in: ${example}`);
      }
    });

    it(`leaves sound code alone: "${rule.name}"`, () => {
      for (const repository of SOUND) {
        const exists = (path: string): boolean => SOUND_DOCUMENTS.has(path);
        assert.deepEqual(rule.check({ ...repository, documents: SOUND_DOCUMENTS, exists }), []);
      }
    });
  }
});

describe('tidy: the layer table', () => {
  it('keeps what opens a member’s data away from stores and coordinator', () => {
    const reachable = (from: PackageName): Set<PackageName> => {
      const seen = new Set<PackageName>();
      const waiting = [from];
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        for (const next of LAYERS[name]) {
          if (!seen.has(next)) waiting.push(next);
          seen.add(next);
        }
      }
      return seen;
    };
    for (const role of ['store', 'coordinator'] as const) {
      assert.ok(!reachable(role).has('member-seal'), `${role} must not reach member-seal`);
      assert.ok(!reachable(role).has('format'), `${role} must not reach format`);
    }
  });

  it('has no circle', () => {
    const finished = new Set<PackageName>();
    const visit = (name: PackageName, path: readonly PackageName[]): void => {
      assert.ok(!path.includes(name), `a circle: ${[...path, name].join(' → ')}`);
      if (finished.has(name)) return;
      for (const next of LAYERS[name]) visit(next, [...path, name]);
      finished.add(name);
    };
    for (const name of Object.keys(LAYERS)) visit(name as PackageName, []);
    assert.equal(finished.size, Object.keys(LAYERS).length);
  });
});

describe('tidy: reading source', () => {
  it('finds every form of import, and none in comments or strings', () => {
    const file = sourceFile(
      'apps/agent/a.ts',
      [
        "import { a } from 'm1';",
        "import type { B } from 'm2';",
        "export * from 'm3';",
        "import 'm4';",
        "const c = await import('m5');",
        "new Worker(new URL('./m6.ts', import.meta.url));",
        "// import 'no1';",
        'const text = "import \'no2\'";',
        "type D = import('m7').D;",
      ].join('\n'),
    );
    const names = importsOf(file).map((site) => site.specifier);
    assert.deepEqual(names.sort(), ['./m6.ts', 'm1', 'm2', 'm3', 'm4', 'm5', 'm7']);
  });

  it('measures functions, methods and arrows, not other blocks', () => {
    const text = 'function a(): { b: 1 } {\n}\nfor (;;) {\n\n}\nconst c = (d: number) => {\n\n};\n';
    const sizes = functionsOf(sourceFile('apps/agent/a.ts', text)).map(({ lines }) => lines);
    assert.deepEqual(sizes, [2, 3]);
  });
});

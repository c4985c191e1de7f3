// Rules about who imports whom, from the table in tests/layers.ts.
import { posix } from 'node:path';
import {
  LAYERS,
  LAYERS_OF_TESTS,
  PACKAGE_FOLDERS,
  type PackageName,
  RESTRICTED_BUILTINS,
} from '../layers.ts';
import { isTest, packageOf, type Repository } from './repository.ts';
import type { Rule, Violation } from './rule.ts';
import { type ImportSite, importsOf, type SourceFile } from './source.ts';

const WORKSPACE = /^@kura\/(?<name>[^/]+)/;

function mayImport(importer: PackageName, imported: string, inTest: boolean): boolean {
  if (importer === imported) return true;
  const allowed: readonly string[] = [
    ...LAYERS[importer],
    ...(inTest ? ['testing', ...(LAYERS_OF_TESTS[importer] ?? [])] : []),
  ];
  return allowed.includes(imported);
}

/** Calls `judge` for every import of every file of a package; a string is what is wrong with it. */
function checkImports(
  repository: Repository,
  judge: (site: ImportSite, file: SourceFile, owner: PackageName) => string | undefined,
): Violation[] {
  const violations: Violation[] = [];
  for (const file of repository.files) {
    const owner = packageOf(file.path);
    if (owner === undefined) continue;
    for (const site of importsOf(file)) {
      const what = judge(site, file, owner);
      if (what !== undefined) violations.push({ where: `${file.path}:${site.line}`, what });
    }
  }
  return violations;
}

const layers: Rule = {
  name: 'layers',
  reason: 'what a package cannot import, it cannot leak: the table is the security claim',
  check: (repository) =>
    checkImports(repository, ({ specifier }, file, owner) => {
      const imported = specifier && WORKSPACE.exec(specifier)?.groups?.name;
      if (!imported || mayImport(owner, imported, isTest(file.path))) return undefined;
      return `${owner} may not import ${imported}`;
    }),
};

const relativeImports: Rule = {
  name: 'relative imports stay inside their package',
  reason: 'a path with dots would go around the layer table',
  check: (repository) =>
    checkImports(repository, ({ specifier }, file, owner) => {
      if (specifier === undefined || !specifier.startsWith('.')) return undefined;
      const target = posix.join(posix.dirname(file.path), specifier);
      if (target.startsWith(`${PACKAGE_FOLDERS[owner]}/`)) return undefined;
      return `${specifier} leaves ${PACKAGE_FOLDERS[owner]}`;
    }),
};

const noTestsShipped: Rule = {
  name: 'what ships does not import tests',
  reason: 'a fixture in a product is a way in that nobody looks at',
  check: (repository) =>
    checkImports(repository, ({ specifier }, file) => {
      if (specifier === undefined || !specifier.startsWith('.') || isTest(file.path))
        return undefined;
      const target = posix.join(posix.dirname(file.path), specifier);
      return isTest(target) ? `${specifier} is for tests` : undefined;
    }),
};

const literalImports: Rule = {
  name: 'imports name their module',
  reason: 'what is computed at run time, no table can check',
  check: (repository) =>
    checkImports(repository, ({ specifier }) =>
      specifier === undefined ? 'the module is not a plain string' : undefined,
    ),
};

const builtins: Rule = {
  name: 'restricted modules of Node',
  reason: 'each power of the process has one owner (tests/layers.ts says which and why)',
  check: (repository) =>
    checkImports(repository, ({ specifier }, file, owner) => {
      const restriction = RESTRICTED_BUILTINS[specifier ?? ''];
      if (restriction === undefined || isTest(file.path)) return undefined;
      const { packages, folders = [] } = restriction;
      if (packages.includes(owner)) return undefined;
      if (folders.some((folder) => file.path.startsWith(`${folder}/`))) return undefined;
      return `${specifier} in ${owner}: ${restriction.reason}`;
    }),
};

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const declared: Rule = {
  name: 'imports are declared',
  reason: 'an undeclared package is found only by luck of hoisting',
  check: (repository) =>
    checkImports(repository, ({ specifier }, file, owner) => {
      if (specifier === undefined || /^(?:node:|[./])/.test(specifier)) return undefined;
      const folder = PACKAGE_FOLDERS[owner];
      const manifest = repository.manifests.get(folder) ?? {};
      const root = repository.manifests.get('') ?? {};
      const name = packageNameOf(specifier);
      if (name === manifest.name || name in (manifest.dependencies ?? {})) return undefined;
      const isOurs = WORKSPACE.test(specifier);
      const isTool = name in (root.devDependencies ?? {});
      if (isTest(file.path) || owner === 'scripts' || owner === 'bench') {
        if (isOurs || isTool) return undefined;
      }
      return `${name} is not among the dependencies in ${folder}/package.json`;
    }),
};

export const LAYER_RULES: readonly Rule[] = [
  layers,
  relativeImports,
  noTestsShipped,
  literalImports,
  builtins,
  declared,
];

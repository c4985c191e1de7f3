// What the tidy rules look at: the source files, manifests and records of a checkout. Rules get it as
// data, so that each can be shown a broken repository that never touched a disk.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_FOLDERS, type PackageName } from '../layers.ts';
import { type SourceFile, sourceFile } from './source.ts';

export interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockEntry extends Manifest {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface Repository {
  readonly files: readonly SourceFile[];
  /** By folder; '' is the root. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** The `packages` of package-lock.json. */
  readonly lock: Readonly<Record<string, LockEntry>>;
  /** README of each package folder that has one. */
  readonly readmes: ReadonlyMap<string, string>;
  /** All decision records, joined. */
  readonly decisions: string;
  /** Text of every Markdown file, by path. */
  readonly documents: ReadonlyMap<string, string>;
  /** Whether there is a file or folder of this path. */
  readonly exists: (path: string) => boolean;
}

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', '.git', '.kura', 'coverage']);
const SOURCE_NAME = /\.(?:ts|mjs)$/;
const DOCUMENT_NAME = /\.md$/;

function pathsOf(root: string, folder: string): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) paths.push(...pathsOf(root, path));
    } else {
      paths.push(path);
    }
  }
  return paths.sort();
}

/** Undefined for files outside of every package. */
export function packageOf(path: string): PackageName | undefined {
  for (const [name, folder] of Object.entries(PACKAGE_FOLDERS)) {
    if (path.startsWith(`${folder}/`)) return name as PackageName;
  }
  return undefined;
}

/** Tests, and what only tests use: fixtures, twins of the machine, conformance suites. */
export function isTest(path: string): boolean {
  return (
    /(?:\.test|\/test-[^/]+|\/fixtures)\.ts$/.test(path) ||
    /^(?:tests|packages\/testing|packages\/native\/conformance)(?:\/|\.ts$)/.test(path)
  );
}

export function readRepository(root: string): Repository {
  const text = (path: string): string => readFileSync(join(root, path), 'utf8');
  const manifests = new Map<string, Manifest>([['', JSON.parse(text('package.json'))]]);
  const readmes = new Map<string, string>();
  for (const folder of Object.values(PACKAGE_FOLDERS)) {
    const manifest = `${folder}/package.json`;
    if (existsSync(join(root, manifest))) manifests.set(folder, JSON.parse(text(manifest)));
    const readme = `${folder}/README.md`;
    if (existsSync(join(root, readme))) readmes.set(folder, text(readme));
  }
  const paths = pathsOf(root, '');
  const documents = new Map(
    paths.filter((path) => DOCUMENT_NAME.test(path)).map((path) => [path, text(path)]),
  );
  const records = [...documents.keys()].filter((path) => path.startsWith('docs/decisions/'));
  return {
    files: paths
      .filter((path) => SOURCE_NAME.test(path))
      .map((path) => sourceFile(path, text(path))),
    manifests,
    lock: JSON.parse(text('package-lock.json')).packages,
    readmes,
    decisions: records.map((path) => documents.get(path) ?? '').join('\n'),
    documents,
    exists: (path) => existsSync(join(root, path)),
  };
}

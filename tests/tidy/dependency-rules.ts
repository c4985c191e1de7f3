// Rules about packages from outside: few, each decided on, none with an install script.
import { PACKAGE_FOLDERS } from '../layers.ts';
import type { LockEntry, Manifest, Repository } from './repository.ts';
import type { Rule, Violation } from './rule.ts';

export const MAX_RUNTIME_PACKAGES = 15;
/** What runs on other people's machines, and so has a bound on what it brings along. */
const BOUNDED = ['agent', 'store'] as const;
const README_LINES = { least: 3, most: 25 } as const;

function outside(names: Readonly<Record<string, string>> | undefined): string[] {
  return Object.keys(names ?? {}).filter((name) => !name.startsWith('@kura/'));
}

const decided: Rule = {
  name: 'every dependency has a decision record',
  reason:
    'a package is easy to add and hard to leave; whoever comes later should know why it is here',
  check: ({ manifests, decisions }) => {
    const violations: Violation[] = [];
    for (const [folder, manifest] of manifests) {
      const names = [
        ...outside(manifest.dependencies),
        ...outside(manifest.devDependencies),
        ...outside(manifest.optionalDependencies),
      ];
      for (const name of names) {
        if (decisions.includes(`\`${name}\``)) continue;
        violations.push({
          where: `${folder}/package.json`.replace(/^\//, ''),
          what: `no record in docs/decisions names \`${name}\``,
        });
      }
    }
    return violations;
  },
};

/** Where Node would find `name` from inside the package at `from`: the nearest node_modules upward. */
function resolveIn(lock: Repository['lock'], from: string, name: string): string | undefined {
  const parts = from === '' ? [] : from.split('/');
  for (let length = parts.length; length >= 0; length--) {
    const base = parts.slice(0, length).join('/');
    const path = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    const entry = lock[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved : path;
  }
  return undefined;
}

function needsOf(entry: Manifest): string[] {
  return [
    ...Object.keys(entry.dependencies ?? {}),
    ...Object.keys(entry.optionalDependencies ?? {}),
  ];
}

/** Every package that running the workspace at `folder` needs, its own excluded, by lock path. */
export function runtimePackages(lock: Repository['lock'], folder: string): Map<string, LockEntry> {
  const found = new Map<string, LockEntry>();
  const waiting = [folder];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const name of needsOf(lock[path] ?? {})) {
      const target = resolveIn(lock, path, name);
      const entry = target === undefined ? undefined : lock[target];
      if (target === undefined || entry === undefined || found.has(target)) continue;
      found.set(target, entry);
      waiting.push(target);
    }
  }
  return found;
}

const fewPackages: Rule = {
  name: 'few packages at run time',
  reason: 'everything an agent or a store runs can read or lose what it holds',
  check: ({ lock }) => {
    const violations: Violation[] = [];
    for (const name of BOUNDED) {
      const folder = PACKAGE_FOLDERS[name];
      const foreign = [...runtimePackages(lock, folder).keys()].filter((path) =>
        path.includes('node_modules/'),
      );
      if (foreign.length <= MAX_RUNTIME_PACKAGES) continue;
      const what = `${foreign.length} packages, ${MAX_RUNTIME_PACKAGES} at most`;
      violations.push({ where: folder, what });
    }
    return violations;
  },
};

const noInstallScripts: Rule = {
  name: 'no install script',
  reason: 'an install script runs as whoever installs, before anyone has looked at it',
  check: ({ lock }) =>
    Object.entries(lock)
      .filter(([, entry]) => entry.hasInstallScript === true)
      .map(([path]) => ({ where: 'package-lock.json', what: `${path} has an install script` })),
};

const noDownloadAddresses: Rule = {
  name: 'the lockfile names no registry',
  reason: 'whoever clones this may use another mirror; integrity is what counts',
  check: ({ lock }) =>
    Object.entries(lock)
      .filter(([, entry]) => /^https?:/.test(entry.resolved ?? ''))
      .map(([path]) => ({
        where: 'package-lock.json',
        what: `${path} records where it came from`,
      })),
};

const readmes: Rule = {
  name: 'every package has a short README',
  reason: 'ten lines that say what it is for and what it must never do',
  check: ({ manifests, readmes: texts }) => {
    const violations: Violation[] = [];
    for (const folder of manifests.keys()) {
      if (folder === '') continue;
      const lines = texts.get(folder)?.trimEnd().split('\n').length ?? 0;
      if (lines >= README_LINES.least && lines <= README_LINES.most) continue;
      const { least, most } = README_LINES;
      violations.push({
        where: `${folder}/README.md`,
        what: `${lines} lines, ${least} to ${most} wanted`,
      });
    }
    return violations;
  },
};

export const DEPENDENCY_RULES: readonly Rule[] = [
  decided,
  fewPackages,
  noInstallScripts,
  noDownloadAddresses,
  readmes,
];

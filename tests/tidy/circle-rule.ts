// No file imports itself in a round, through however many others: types count, because a reader follows them too. A
// thread or process that a file starts is none of its imports.
import { posix } from 'node:path';
import type { Rule, Violation } from './rule.ts';
import { importsOf, type SourceFile } from './source.ts';

/** File → files of the same package that it imports by a path. */
function neighboursOf(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map((file) => {
      const targets = importsOf(file).flatMap(({ specifier, isScript }) => {
        if (isScript === true || !specifier?.startsWith('.')) return [];
        return [posix.join(posix.dirname(file.path), specifier)];
      });
      return [file.path, targets.filter((path) => known.has(path))];
    }),
  );
}

/** The first round that each walk meets, as the files on it. */
function roundsOf(neighbours: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const rounds: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, way: string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) rounds.push([...way.slice(at), path]);
    if (at >= 0 || finished.has(path)) return;
    way.push(path);
    for (const next of neighbours.get(path) ?? []) visit(next, way);
    way.pop();
    finished.add(path);
  };
  for (const path of neighbours.keys()) visit(path, []);
  return rounds;
}

const noCircles: Rule = {
  name: 'no circle of files',
  reason: 'files that name each other can only be read, tested and moved together',
  check: ({ files }) =>
    roundsOf(neighboursOf(files)).map((round): Violation => {
      return { where: round[0] ?? '', what: round.join(' → ') };
    }),
};

export const CIRCLE_RULES: readonly Rule[] = [noCircles];

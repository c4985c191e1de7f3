// Which paths a person wants left out of a backup, or in a restore: lists of patterns with restic's rules,
// because people bring their lists along. A pattern with a slash in front is anchored at the root; any other
// matches wherever its names stand in a row. `**` stands for any number of folders. Who matches a folder
// matches everything below it. A pattern with `!` in front takes back what earlier ones matched.
import { posix } from 'node:path';
import { type ByteString, byteString, KuraError } from '@kura/base';
import { matchesName, type NamePattern, parseNamePattern } from './name-pattern.ts';

/** `**`: any number of names, also none. */
type Part = NamePattern | '**';

export interface PathPattern {
  readonly isNegated: boolean;
  readonly isAnchored: boolean;
  readonly parts: readonly Part[];
}

/** More would make every file slow; lists of real people have hundreds. */
export const MAX_PATTERNS = 10_000;

/** Throws `usage` for an empty or malformed pattern. */
export function parsePathPattern(text: string): PathPattern {
  const isNegated = text.startsWith('!');
  const body = isNegated ? text.slice(1) : text;
  if (body === '') {
    throw new KuraError('usage', 'a pattern is empty', { guidance: 'Leave it out, or write "*".' });
  }
  const names = posix.normalize(body).split('/');
  const isAnchored = names[0] === '';
  const parts = names
    .filter((name) => name !== '')
    .map((name): Part => (name === '**' ? '**' : parseNamePattern(byteString(name))));
  return { isNegated, isAnchored, parts };
}

/** The pattern of exactly this absolute path. */
export function patternOf(path: string): string {
  return path.replace(/[\\*?[]/g, '\\$&');
}

export function parsePathPatterns(texts: readonly string[]): PathPattern[] {
  if (texts.length > MAX_PATTERNS) {
    throw new KuraError('too_large', `there are more than ${MAX_PATTERNS} patterns`);
  }
  return texts.map(parsePathPattern);
}

/** Whether the parts from `part` on match the names from `name` on; what is below then matches too. */
function matchesFrom(
  pattern: PathPattern,
  names: readonly ByteString[],
  from: { readonly part: number; readonly name: number },
): boolean {
  let { part, name } = from;
  for (; part < pattern.parts.length; part++, name++) {
    const current = pattern.parts[part];
    if (current === '**') {
      for (let next = name; next <= names.length; next++) {
        if (matchesFrom(pattern, names, { part: part + 1, name: next })) return true;
      }
      return false;
    }
    const one = names[name];
    if (one === undefined || current === undefined || !matchesName(current, one)) return false;
  }
  return true;
}

function matchesPath(pattern: PathPattern, names: readonly ByteString[]): boolean {
  if (pattern.isAnchored) return matchesFrom(pattern, names, { part: 0, name: 0 });
  for (let name = names.length - 1; name >= 0; name--) {
    if (matchesFrom(pattern, names, { part: 0, name })) return true;
  }
  return false;
}

/** Whether something below this folder could match, although the folder itself does not. */
function mayMatchBelow(pattern: PathPattern, names: readonly ByteString[]): boolean {
  if (!pattern.isAnchored) return true;
  const wild = pattern.parts.indexOf('**');
  const fixed = wild === -1 ? pattern.parts.length : wild;
  const length = Math.min(fixed, names.length);
  const beginning = { ...pattern, parts: pattern.parts.slice(0, length) };
  return matchesFrom(beginning, names, { part: 0, name: 0 });
}

function namesOf(path: ByteString): ByteString[] {
  return path.split('/').filter((name) => name !== '') as ByteString[];
}

interface Verdict {
  readonly matched: boolean;
  /** Something below may match. */
  readonly below: boolean;
}

function judge(patterns: readonly PathPattern[], path: ByteString): Verdict {
  const names = namesOf(path);
  let matched = false;
  let below = false;
  for (const pattern of patterns) {
    const matches = matchesPath(pattern, names);
    if (pattern.isNegated) {
      matched &&= !matches;
      below &&= !matches;
    } else {
      matched ||= matches;
      below ||= mayMatchBelow(pattern, names);
    }
  }
  return { matched, below };
}

/** For a backup: true leaves an entry out, with everything below it. `path` is absolute. */
export function excludeMatcher(
  texts: readonly string[],
): (path: ByteString, isFolder: boolean) => boolean {
  const patterns = parsePathPatterns(texts);
  if (patterns.length === 0) return () => false;
  return (path) => judge(patterns, path).matched;
}

export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * For a restore: true takes an entry, false does not take it but may take something below it, `prune`
 * neither. `path` begins below the root of what is restored. Undefined: take everything.
 */
export function selectionMatcher({
  include,
  exclude,
}: Selection): ((path: ByteString) => boolean | 'prune') | undefined {
  const included = parsePathPatterns(include);
  const excluded = parsePathPatterns(exclude);
  if (included.length === 0 && excluded.length === 0) return undefined;
  return (path) => {
    if (excluded.length > 0 && judge(excluded, path).matched) return 'prune';
    if (included.length === 0) return true;
    const { matched, below } = judge(included, path);
    return matched || (below ? false : 'prune');
  };
}

/** Patterns of an `--exclude-file`: one per line; empty lines and lines that begin with # are nothing. */
export function parsePatternFile(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => expandVariables(line, environment));
}

/** "$HOME/x" and "${HOME}/x"; "$$" is a dollar sign. A variable that is not set is empty, as in restic. */
function expandVariables(
  line: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return line.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) =>
    all === '$$' ? '$' : (environment[braced ?? bare ?? ''] ?? ''),
  );
}

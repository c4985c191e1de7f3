// The shape of a tidy rule.
import type { Repository } from './repository.ts';
import { lineOf, type SourceFile } from './source.ts';

export interface Violation {
  /** "path:line", or a path alone. */
  readonly where: string;
  readonly what: string;
}

export interface Rule {
  readonly name: string;
  /** Why it is worth failing a build. */
  readonly reason: string;
  check(repository: Repository): Violation[];
}

/** A rule that looks at one file at a time. */
export function fileRule(
  name: string,
  reason: string,
  check: (file: SourceFile) => Iterable<{ readonly line: number; readonly what: string }>,
): Rule {
  return {
    name,
    reason,
    check: (repository) =>
      repository.files.flatMap((file) =>
        Array.from(check(file), ({ line, what }) => ({ where: `${file.path}:${line}`, what })),
      ),
  };
}

/** Every place where `pattern` (global) matches `text`, a blanked form of `file`. */
export function* matches(
  file: SourceFile,
  text: string,
  pattern: RegExp,
): Iterable<{ line: number; match: string }> {
  for (const found of text.matchAll(pattern)) {
    yield { line: lineOf(file.text, found.index), match: found[0].trim() };
  }
}

// Rules about the code itself that neither biome nor tsc can check.
import { isTest, packageOf } from './repository.ts';
import { fileRule, matches, type Rule } from './rule.ts';
import { functionsOf, lineOf, type SourceFile } from './source.ts';

export const MAX_FILE_LINES = 400;
export const MAX_FUNCTION_LINES = 70;
export const MAX_LINE_CHARACTERS = 100;
/** Comments, and texts in quotes, may run on a little: nothing wraps them. */
export const MAX_TEXT_CHARACTERS = 120;

interface Source {
  readonly pattern: RegExp;
  readonly noun: string;
  /** Files and folders (ending in a slash) that may use it, with the reason beside each. */
  readonly allowed: readonly string[];
}

const PROOFS = ['tests/kills/', 'tests/faults/', 'tests/hostile/'];

const RANDOM = 'random(?:Bytes|Fill|FillSync|Int|UUID)';
/** A call, or an import; a property that is called so is none of it. */
const CHANCE = new RegExp(
  [
    '\\bMath\\.random\\b',
    `\\b(?:${RANDOM}|getRandomValues|generateKeyPair(?:Sync)?)(?=\\s*\\()`,
    `\\bimport\\s*\\{[^}]*\\b${RANDOM}\\b[^}]*\\}`,
  ].join('|'),
  'g',
);

/** Time, chance and environment: they reach the core as arguments, so that a seed replays a failure. */
const INJECTED: readonly Source[] = [
  {
    noun: 'the time',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b/g,
    // The real clock; the bootstrap, which can import nothing; programs that time themselves.
    allowed: ['packages/base/clock.ts', 'scripts/', 'bench/', 'tests/', 'simulator/main.ts'],
  },
  {
    noun: 'chance',
    pattern: CHANCE,
    // The real source of randomness.
    allowed: ['packages/base/clock.ts'],
  },
  {
    noun: 'a timer',
    pattern: /\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b/g,
    // The real timers; the bootstrap waits for a lock; benchmarks and proofs stop real processes.
    allowed: ['packages/base/alarm.ts', 'scripts/', 'bench/', 'simulator/main.ts', ...PROOFS],
  },
  {
    noun: 'the environment',
    pattern: /\bprocess\.env\b/g,
    // The edge where a person's settings come in; what starts real processes hands theirs on; the fixtures learn
    // which database server `npm run test:postgres` has started.
    allowed: ['apps/kura/', 'scripts/', 'bench/', 'tests/', 'apps/coordinator/fixtures.ts'],
  },
];

/** Places where a comment, not code or a string, contains `pattern`. */
function* inComments(file: SourceFile, pattern: RegExp): Iterable<{ line: number; what: string }> {
  for (const found of file.text.matchAll(pattern)) {
    const end = found.index + found[0].length;
    if (file.uncommented.slice(found.index, end) === found[0]) continue;
    yield { line: lineOf(file.text, found.index), what: found[0] };
  }
}

const injected = fileRule(
  'time, chance and environment are injected',
  'a simulation replays a failure only if nothing comes in unseen (style rule 16)',
  function* (file) {
    for (const { pattern, noun, allowed } of INJECTED) {
      if (allowed.some((place) => file.path.startsWith(place))) continue;
      for (const { line, match } of matches(file, file.code, pattern)) {
        yield { line, what: `${match}: ${noun} must come in as an argument` };
      }
    }
  },
);

const types = fileRule(
  'no hole in the types',
  '`any`, `!` and suppressions turn the compiler off where it is needed most',
  function* (file) {
    if (!file.path.endsWith('.ts')) return;
    const anyType = /(?::|<|\bas\b|\||&|,|=>?)\s*any\b(?!\s*[:(.])|\bany\[\]/g;
    for (const { line } of matches(file, file.code, anyType)) yield { line, what: 'any' };
    yield* inComments(file, /@ts-(?:ignore|nocheck)/g);
    // In a test it proves that wrong code does not compile.
    if (!isTest(file.path)) yield* inComments(file, /@ts-expect-error/g);
  },
);

const namedExports = fileRule(
  'named exports only',
  'a default export has another name in every file that uses it',
  function* (file) {
    for (const { line } of matches(file, file.code, /\bexport\s+default\b|\bas\s+default\b/g)) {
      yield { line, what: 'a default export' };
    }
  },
);

const fileSize = fileRule('small files', 'the 12,000-line file began small', function* (file) {
  const lines = file.text.trimEnd().split('\n').length;
  if (lines > MAX_FILE_LINES) yield { line: 1, what: `${lines} lines, ${MAX_FILE_LINES} at most` };
});

const functionSize = fileRule(
  'small functions',
  'a function that does not fit on a screen is not read whole',
  function* (file) {
    for (const { line, lines, isSuite } of functionsOf(file)) {
      if (isSuite || lines <= MAX_FUNCTION_LINES) continue;
      yield { line, what: `a function of ${lines} lines, ${MAX_FUNCTION_LINES} at most` };
    }
  },
);

const lineLength = fileRule(
  'short lines',
  'two files beside each other fit on one screen',
  function* (file) {
    const code = file.code.split('\n');
    for (const [index, text] of file.text.split('\n').entries()) {
      const isText = /['"`]/.test(text) || (code[index] ?? '').trim() === '';
      const limit = isText ? MAX_TEXT_CHARACTERS : MAX_LINE_CHARACTERS;
      if ([...text].length > limit)
        yield { line: index + 1, what: `longer than ${limit} characters` };
    }
  },
);

const emptyCatch = fileRule(
  'no empty catch',
  'an error that nobody looks at comes back as a riddle; say at least why it may be ignored',
  function* (file) {
    for (const found of file.code.matchAll(/\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/g)) {
      const inside = file.text.slice(found.index, found.index + found[0].length);
      if (inside !== found[0]) continue; // a comment says why
      const line = lineOf(file.text, found.index);
      yield { line, what: 'a catch without a statement or a reason' };
    }
  },
);

/** Nothing but what other files export. */
const BARREL = /^\s*(?:export (?:type )?(?:\*|\{[^}]*\}) from '[^']+';\s*)*$/;

const fileHead = fileRule(
  'every file says what it is',
  'a reader should not have to guess what a file is, and what it is not',
  function* (file) {
    if (/\.test\.ts$/.test(file.path) || packageOf(file.path) === undefined) return;
    const isBarrel = BARREL.test(file.uncommented);
    if (isBarrel || /^(?:#!.*\n)?(?:\/\/|\/\*)/.test(file.text)) return;
    yield { line: 1, what: 'no comment at its head' };
  },
);

const wholeTests = fileRule(
  'no skipped test',
  'a test that does not run proves nothing and looks as if it did',
  function* (file) {
    if (!isTest(file.path)) return;
    const skipped = /\.(?:skip|only|todo)\(|\b(?:skip|only|todo):\s*(?:true|['"`])/g;
    for (const { line, match } of matches(file, file.code, skipped)) yield { line, what: match };
  },
);

const finished = fileRule(
  'nothing is left for later',
  'what is missing is said in docs/mission.md, where people look',
  function* (file) {
    yield* inComments(file, /\b(?:TODO|FIXME|XXX|HACK)\b/g);
  },
);

export const CODE_RULES: readonly Rule[] = [
  injected,
  types,
  namedExports,
  fileSize,
  functionSize,
  lineLength,
  emptyCatch,
  fileHead,
  wholeTests,
  finished,
];

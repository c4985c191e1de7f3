// One source file as the tidy rules see it: its text, and the same text with comments, strings and
// types blanked out at the same positions. Not a parser; what it cannot see, biome and tsc do.
import { stripTypeScriptTypes } from 'node:module';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Comments blanked. */
  readonly uncommented: string;
  /** Comments and the contents of strings, templates and regular expressions blanked. */
  readonly code: string;
  /** `code` of the file without its types: plain JavaScript. */
  readonly script: string;
}

type Span = 'code' | 'comment' | 'literal';

const REGEX_MAY_FOLLOW = /(?:^|[([{,;=:!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))$/;

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function endOfComment(text: string, from: number): number {
  const end = text.indexOf('*/', from + 2);
  return end === -1 ? text.length : end + 2;
}

function endOfString(text: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n')
    at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfRegex(text: string, from: number): number {
  let isInClass = false;
  let at = from + 1;
  while (at < text.length && text[at] !== '\n') {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') isInClass = true;
    else if (text[at] === ']') isInClass = false;
    else if (text[at] === '/' && !isInClass) return at + 1;
    at++;
  }
  return at;
}

/** Walks a template from its backtick or a closing brace to its end or the next `${`. */
function endOfTemplatePart(text: string, from: number): { end: number; opensExpression: boolean } {
  let at = from + 1;
  while (at < text.length) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return { end: at + 1, opensExpression: false };
    else if (text[at] === '$' && text[at + 1] === '{')
      return { end: at + 2, opensExpression: true };
    at++;
  }
  return { end: text.length, opensExpression: false };
}

function isRegexStart(text: string, at: number): boolean {
  return REGEX_MAY_FOLLOW.test(text.slice(Math.max(0, at - 40), at).trimEnd());
}

/** Calls `visit` for every stretch of comment or literal, in order. */
function scan(text: string, visit: (kind: Span, from: number, to: number) => void): void {
  const braces: ('template' | 'block')[] = [];
  let at = 0;
  const template = (): void => {
    const { end, opensExpression } = endOfTemplatePart(text, at);
    if (opensExpression) braces.push('template');
    visit('literal', at + 1, opensExpression ? end - 2 : end - 1);
    at = end;
  };
  const skip = (kind: Span, end: number): void => {
    visit(kind, kind === 'comment' ? at : at + 1, kind === 'comment' ? end : end - 1);
    at = end;
  };
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at] ?? '';
    if (two === '//' || (at === 0 && two === '#!')) skip('comment', endOfLine(text, at));
    else if (two === '/*') skip('comment', endOfComment(text, at));
    else if (one === '"' || one === "'") skip('literal', endOfString(text, at, one));
    else if (one === '/' && isRegexStart(text, at)) skip('literal', endOfRegex(text, at));
    else if (one === '`') template();
    else if (one === '}' && braces.pop() === 'template') template();
    else {
      if (one === '{') braces.push('block');
      at++;
    }
  }
}

function blank(text: string, kinds: readonly Span[]): string {
  let out = '';
  let from = 0;
  scan(text, (kind, start, end) => {
    if (!kinds.includes(kind)) return;
    out += text.slice(from, start) + text.slice(start, end).replace(/[^\n]/g, ' ');
    from = end;
  });
  return out + text.slice(from);
}

export function sourceFile(path: string, text: string): SourceFile {
  const isTypeScript = path.endsWith('.ts');
  const script = isTypeScript ? stripTypeScriptTypes(text, { mode: 'strip' }) : text;
  return {
    path,
    text,
    uncommented: blank(text, ['comment']),
    code: blank(text, ['comment', 'literal']),
    script: blank(script, ['comment', 'literal']),
  };
}

export function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1))
    line++;
  return line;
}

export interface ImportSite {
  /** Undefined: the argument of a dynamic import is not a plain string. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** The script of a thread or process of its own. */
  readonly isScript?: boolean;
}

const IMPORT_FORMS = [
  /\bfrom\s*(['"])(?<specifier>[^'"]+)\1/g,
  /\bimport\s*(['"])(?<specifier>[^'"]+)\1/g,
  /\bimport\s*\(\s*(?:(['"])(?<specifier>[^'"]+)\1)?/g,
  /\bimport\.meta\.resolve\(\s*(?:(['"])(?<specifier>[^'"]+)\1)?/g,
  /\brequire\s*\(\s*(?:(['"])(?<specifier>[^'"]+)\1)?/g,
];

/** Code in a string is no code: there, `file.code` is blank. */
export function isInString(file: SourceFile, index: number): boolean {
  return file.code.slice(index, index + 2).trim() === '';
}

/** Every module that a file names: static, type-only, dynamic, and as the script of a worker. */
export function importsOf(file: SourceFile): ImportSite[] {
  const sites: ImportSite[] = [];
  for (const form of IMPORT_FORMS) {
    for (const match of file.uncommented.matchAll(form)) {
      if (isInString(file, match.index)) continue;
      const specifier = match.groups?.specifier;
      sites.push({ specifier, line: lineOf(file.text, match.index) });
    }
  }
  for (const match of file.uncommented.matchAll(URL_FORM)) {
    if (isInString(file, match.index)) continue;
    const specifier = match.groups?.specifier ?? '';
    const line = lineOf(file.text, match.index);
    const path = specifier.startsWith('.') ? specifier : `./${specifier}`;
    sites.push({ specifier: path, line, isScript: true });
  }
  return sites;
}

/** The script of a worker: relative, with or without the dot. */
const URL_FORM = /\bnew URL\(\s*(['"])(?<specifier>[^'"]+\.m?[tj]s)\1/g;

export interface FunctionSite {
  readonly line: number;
  readonly lines: number;
  /** It contains tests: a list of them, not a function that anyone reads as one. */
  readonly isSuite: boolean;
}

const TESTS = /\b(?:describe|suite|it|test)\(/;
const CONTROL = /\b(?:if|for|while|switch|catch|with|await)\s*$/;

/** Where the function whose body opens at `brace` begins, or undefined if it is another block. */
function functionHead(script: string, brace: number): number | undefined {
  const before = script.slice(0, brace).trimEnd();
  let close = before.length - 1;
  if (before.endsWith('=>')) close = before.slice(0, -2).trimEnd().length - 1;
  if (script[close] !== ')') return before.endsWith('=>') ? close : undefined;
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (script[at] === ')') depth++;
    else if (script[at] === '(' && --depth === 0) {
      return CONTROL.test(script.slice(Math.max(0, at - 20), at)) ? undefined : at;
    }
  }
  return undefined;
}

export function functionsOf(file: SourceFile): FunctionSite[] {
  const sites: FunctionSite[] = [];
  const open: { readonly at: number; readonly head: number | undefined }[] = [];
  for (let at = 0; at < file.script.length; at++) {
    if (file.script[at] === '{') open.push({ at, head: functionHead(file.script, at) });
    if (file.script[at] !== '}') continue;
    const block = open.pop();
    if (block?.head === undefined) continue;
    const line = lineOf(file.script, block.head);
    const lines = lineOf(file.script, at) - line + 1;
    sites.push({ line, lines, isSuite: TESTS.test(file.script.slice(block.head, at)) });
  }
  return sites;
}

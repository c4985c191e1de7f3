// Patterns for one name, as Go's filepath.Match and so restic has them: `*` any characters, `?` one,
// `[a-z]` and `[^a-z]` one of a class, `\x` that very character. Names are bytes; `?` and classes take one
// character of UTF-8, or one byte where it is none. Time is bounded by the product of both lengths.
import { type ByteString, displayName, KuraError } from '@kura/base';

interface Range {
  readonly from: number;
  readonly to: number;
}

type Token =
  | { readonly kind: 'byte'; readonly code: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly Range[] };

export type NamePattern = readonly Token[];

interface Character {
  readonly code: number;
  readonly bytes: number;
}

/** The number of continuation bytes that a first byte asks for; 0 also for what begins nothing. */
function continuationBytes(first: number): number {
  if (first >= 0xf0 && first < 0xf8) return 3;
  if (first >= 0xe0) return first < 0xf0 ? 2 : 0;
  return first >= 0xc2 ? 1 : 0;
}

/** One character of UTF-8 at `at`, or the byte there if it is none. */
function characterAt(name: string, at: number): Character {
  const first = name.charCodeAt(at);
  const more = continuationBytes(first);
  if (more === 0) return { code: first, bytes: 1 };
  let code = first & (0x3f >> more);
  for (let index = 1; index <= more; index++) {
    const next = name.charCodeAt(at + index);
    if (Number.isNaN(next) || (next & 0xc0) !== 0x80) return { code: first, bytes: 1 };
    code = (code << 6) | (next & 0x3f);
  }
  return { code, bytes: more + 1 };
}

function malformed(pattern: ByteString): KuraError {
  return new KuraError('usage', `the pattern "${displayName(pattern)}" is malformed`, {
    guidance: 'Close every "[", and put a character after every "\\".',
  });
}

class PatternParser {
  readonly #text: ByteString;
  #at = 0;

  constructor(pattern: ByteString) {
    this.#text = pattern;
  }

  parse(): NamePattern {
    const tokens: Token[] = [];
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (character === '*') {
        // Two stars within a name are one.
        if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
        this.#at++;
      } else if (character === '?') {
        tokens.push({ kind: 'any' });
        this.#at++;
      } else if (character === '[') {
        tokens.push(this.#class());
      } else {
        if (character === '\\') this.#at++;
        if (this.#at >= this.#text.length) throw malformed(this.#text);
        tokens.push({ kind: 'byte', code: this.#text.charCodeAt(this.#at++) });
      }
    }
    return tokens;
  }

  #class(): Token {
    this.#at++; // [
    const isNegated = this.#text[this.#at] === '^';
    if (isNegated) this.#at++;
    const ranges: Range[] = [];
    while (ranges.length === 0 || this.#text[this.#at] !== ']') {
      const from = this.#classCharacter();
      const isRange = this.#text[this.#at] === '-';
      if (isRange) this.#at++;
      ranges.push({ from, to: isRange ? this.#classCharacter() : from });
    }
    this.#at++; // ]
    return { kind: 'class', isNegated, ranges };
  }

  #classCharacter(): number {
    const character = this.#text[this.#at];
    if (character === undefined || character === '-' || character === ']') {
      throw malformed(this.#text);
    }
    if (character === '\\') this.#at++;
    if (this.#at >= this.#text.length) throw malformed(this.#text);
    const { code, bytes } = characterAt(this.#text, this.#at);
    this.#at += bytes;
    return code;
  }
}

/** Throws `usage` for a malformed pattern. */
export function parseNamePattern(pattern: ByteString): NamePattern {
  return new PatternParser(pattern).parse();
}

/** The bytes that `token` takes at `at`, or -1 if it does not match there. */
function take(token: Token, name: string, at: number): number {
  if (token.kind === 'byte') return name.charCodeAt(at) === token.code ? 1 : -1;
  const { code, bytes } = characterAt(name, at);
  if (token.kind !== 'class') return bytes;
  const isIn = token.ranges.some(({ from, to }) => from <= code && code <= to);
  return isIn === token.isNegated ? -1 : bytes;
}

/** Whether the whole of `name` matches. */
export function matchesName(pattern: NamePattern, name: ByteString): boolean {
  let at = 0;
  let token = 0;
  // Where to go on if what follows the last star does not fit: one character later.
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const current = pattern[token];
    if (current?.kind === 'star') {
      star = token++;
      resume = at;
      continue;
    }
    const taken = current === undefined ? -1 : take(current, name, at);
    if (taken > 0) {
      at += taken;
      token++;
    } else if (star >= 0) {
      resume += characterAt(name, resume).bytes;
      at = resume;
      token = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[token]?.kind === 'star') token++;
  return token === pattern.length;
}

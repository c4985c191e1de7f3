import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import fc from 'fast-check';
import type { Root } from './member-keys.ts';
import { rootToWords, WORD_LANGUAGES, wordsToRoot } from './words.ts';

const root32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Root);

const LEGAL = 'legal winner thank year wave sausage worth ';
const LETTER = 'letter advice cage absurd amount doctor acoustic ';

/** From the test vectors of BIP-39 (256 bits). */
const PUBLISHED = [
  [0x00, `${'abandon '.repeat(23)}art`],
  [0x7f, `${LEGAL}useful ${LEGAL}useful ${LEGAL}title`],
  [0x80, `${LETTER}avoid ${LETTER}avoid ${LETTER}bless`],
  [0xff, `${'zoo '.repeat(23)}vote`],
] as const;

function refusal(text: string): KuraError {
  try {
    wordsToRoot(text);
  } catch (error) {
    assert.ok(error instanceof KuraError);
    assert.equal(error.code, 'usage');
    return error;
  }
  return assert.fail('the words were accepted');
}

test('the words are those of BIP-39', () => {
  for (const [byte, words] of PUBLISHED) {
    const root = new Uint8Array(32).fill(byte) as Root;
    assert.equal(rootToWords(root, 'english'), words);
    assert.deepEqual(wordsToRoot(words), root);
  }
});

test('any root survives the way over words of either language', () => {
  fc.assert(
    fc.property(root32, fc.constantFrom(...WORD_LANGUAGES), (root, language) => {
      assert.deepEqual(wordsToRoot(rootToWords(root, language)), root);
    }),
    { numRuns: 50 },
  );
});

test('words are forgiving in form: case, space, decomposed kana, printed numbers', () => {
  const root = new Uint8Array(32).fill(0xa5) as Root;
  const english = rootToWords(root, 'english');
  const numbered = english
    .split(' ')
    .map((word, index) => `${index + 1}. ${word}`)
    .join('\r\n');
  const tight = english
    .split(' ')
    .map((word, index) => `${index + 1}.${word}`)
    .join('\t');
  for (const text of [english.toUpperCase(), ` ${english}\n`, numbered, tight]) {
    assert.deepEqual(wordsToRoot(text), root);
  }
  const japanese = rootToWords(root, 'japanese');
  for (const text of [japanese.normalize('NFD'), japanese.replaceAll('\u3000', '\n')]) {
    assert.deepEqual(wordsToRoot(text), root);
  }
});

test('a wrong word is named by its place, with the word that it may be', () => {
  const words = rootToWords(new Uint8Array(32).fill(0x7f) as Root, 'english').split(' ');
  words[5] = 'sausgae';
  assert.match(refusal(words.join(' ')).message, /^word 6 \("sausgae"\)/);
  words[5] = 'sausages';
  assert.match(refusal(words.join(' ')).guidance ?? '', /"sausage"/);
});

test('a wrong word in Japanese is found as such', () => {
  const words = rootToWords(new Uint8Array(32).fill(0x7f) as Root, 'japanese').split('\u3000');
  words[23] = 'ねこねこ';
  assert.match(refusal(words.join(' ')).message, /^word 24 /);
});

test('R14: what was typed is shown without control characters, and cut', () => {
  const words = rootToWords(new Uint8Array(32) as Root, 'english').split(' ');
  words[0] = `\u001b[31m${'x'.repeat(100)}`;
  assert.match(refusal(words.join(' ')).message, /^word 1 \("\?\?31mx{1,20}"\)/);
});

test('swapped words, too few and too many are refused', () => {
  const words = rootToWords(new Uint8Array(32).fill(0x7f) as Root, 'english').split(' ');
  const swapped = [words[1], words[0], ...words.slice(2)].join(' ');
  assert.match(refusal(swapped).message, /do not belong together/);
  assert.match(refusal(words.slice(1).join(' ')).message, /here are 23/);
  assert.match(refusal([...words, 'zoo'].join(' ')).message, /here are 25/);
  assert.match(refusal('').message, /here are 0/);
});

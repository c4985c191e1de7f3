// The root as 24 recovery words (BIP-39, English or Japanese). The word lists are loaded only when
// words are needed: most commands never do. Words are forgiving in form (case, spaces, numbers of a
// printed list), never in content.
import { createRequire } from 'node:module';
import { KuraError, must } from '@kura/base';
import { ROOT_BYTES, type Root } from './member-keys.ts';

export const WORD_LANGUAGES = ['english', 'japanese'] as const;
export type WordLanguage = (typeof WORD_LANGUAGES)[number];

const WORD_COUNT = 24;
const require = createRequire(import.meta.url);

export function rootToWords(root: Root, language: WordLanguage): string {
  return bip39().entropyToMnemonic(root, wordList(language)).normalize('NFC');
}

/** Throws `usage`, saying which word is wrong. */
export function wordsToRoot(text: string): Root {
  const words = splitWords(text);
  if (words.length !== WORD_COUNT) {
    throw new KuraError('usage', `recovery words are ${WORD_COUNT}, here are ${words.length}`, {
      guidance: 'Type all of them in their order, with spaces between.',
    });
  }
  const language = languageOf(words);
  checkWords(words, language);
  try {
    const root = bip39().mnemonicToEntropy(words.join(' '), wordList(language));
    if (root.length === ROOT_BYTES) return new Uint8Array(root) as Root;
  } catch {
    // The only failure left: every word is real, their sum is not.
  }
  throw new KuraError('usage', 'the recovery words do not belong together', {
    guidance: 'Every word exists, but one is misread or two are swapped: compare with the paper.',
  });
}

function bip39(): typeof import('@scure/bip39') {
  return require('@scure/bip39') as typeof import('@scure/bip39');
}

function wordList(language: WordLanguage): string[] {
  const module = (
    language === 'english'
      ? require('@scure/bip39/wordlists/english.js')
      : require('@scure/bip39/wordlists/japanese.js')
  ) as { readonly wordlist: string[] };
  return module.wordlist;
}

function splitWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^\d+[.):]?/, ''))
    .filter((word) => word !== '');
}

/** The language that more of the words are in, so that one bad word is found as such. */
function languageOf(words: readonly string[]): WordLanguage {
  const known = (language: WordLanguage): number => {
    const list = new Set(normalized(language));
    return words.filter((word) => list.has(word)).length;
  };
  return known('japanese') > known('english') ? 'japanese' : 'english';
}

function normalized(language: WordLanguage): string[] {
  return wordList(language).map((word) => word.normalize('NFKD'));
}

function checkWords(words: readonly string[], language: WordLanguage): void {
  const list = normalized(language);
  const known = new Set(list);
  const index = words.findIndex((word) => !known.has(word));
  if (index < 0) return;
  const wrong = must(words[index], 'the index was found');
  const near = list.find((word) => isNear(word, wrong));
  const shown = printable(wrong);
  throw new KuraError('usage', `word ${index + 1} ("${shown}") is not a recovery word`, {
    guidance:
      near === undefined
        ? 'Compare it with the paper.'
        : `Compare it with the paper: is it "${near.normalize('NFC')}"?`,
  });
}

/** The first four letters name an English word; three of a Japanese one are a good guess. */
function isNear(word: string, typed: string): boolean {
  const letters = /^[a-z]/.test(word) ? 4 : 3;
  return typed.length >= letters && word.slice(0, letters) === typed.slice(0, letters);
}

function printable(word: string): string {
  return word
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\-']/gu, '?')
    .slice(0, 20);
}

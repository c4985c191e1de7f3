// How many columns of a terminal a text takes. Good enough to align tables with names in any script; it
// knows wide East Asian characters, emoji and combining marks, not every rule of Unicode.
import { escapeText } from './escape.ts';
import { plain } from './style.ts';

const WIDE = new RegExp(
  [
    '[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3]', // Korean, Japanese, Chinese
    '[\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6]', // compatibility forms
    '[\\u{1f300}-\\u{1f64f}\\u{1f680}-\\u{1f9ff}]', // pictures
    '[\\u{20000}-\\u{3fffd}]', // rare Chinese
  ].join('|'),
  'u',
);
const COMBINING = /^\p{M}$/u;

export function columnsOf(text: string): number {
  const shown = escapeText(plain(text));
  if (/^[ -~]*$/.test(shown)) return shown.length;
  let columns = 0;
  for (const character of shown) {
    if (COMBINING.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** Cuts the beginning off, so that the end of a long path stays readable. */
export function fitEnd(text: string, columns: number): string {
  const shown = [...escapeText(plain(text))];
  let room = columns;
  const kept: string[] = [];
  for (let index = shown.length - 1; index >= 0; index--) {
    const character = shown[index] ?? '';
    room -= columnsOf(character);
    if (room < 0) return columns < 1 ? '' : `…${kept.slice(1).join('')}`;
    kept.unshift(character);
  }
  return kept.join('');
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}

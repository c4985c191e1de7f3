// Names of files, and texts that a store sent, come from anywhere. Shown raw they could move the cursor,
// recolour the screen, fake a prompt or reverse the reading direction. Whatever is not plainly visible is
// written as an escape; JSON output is exact instead.

const INVISIBLE = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f]', // C0 and C1 controls, DEL
    '[\\u00ad\\u200b-\\u200d\\u2060-\\u2064\\ufeff]', // soft hyphen, zero-width, byte order mark
    '[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]', // direction marks
    '[\\u2028\\u2029\\u206a-\\u206f\\ufff9-\\ufffb]', // separators, annotations
    '[\\ufdd0-\\ufdef]', // noncharacters, which style.ts gives a meaning
    '\\p{Cs}', // halves of surrogate pairs
  ].join('|'),
  'gu',
);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOne(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** One line of text that does nothing but be read. */
export function escapeText(text: string): string {
  return text.replace(INVISIBLE, escapeOne);
}

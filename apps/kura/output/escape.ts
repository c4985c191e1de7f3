// Names of files, and texts that a store sent, come from anywhere. Shown raw they could move the cursor,
// recolour the screen, fake a prompt or reverse the reading direction. Whatever is not plainly visible is
// written as an escape; JSON output is exact instead.

/**
 * C0 and C1 controls, DEL, line and paragraph separators, zero-width and direction marks, byte order
 * mark, noncharacters used by `style.ts`, and lone surrogates.
 */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

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

// What a command with `--json` said.
import type { Ended } from '../real/kura.ts';

/** The records of a command with `--json`: a list, or one object a line. */
export function recordsOf(out: string): readonly Readonly<Record<string, unknown>>[] {
  const text = out.trim();
  if (text === '') return [];
  if (text.startsWith('[')) return JSON.parse(text) as Readonly<Record<string, unknown>>[];
  return text.split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

/** The invitation in what a command said. */
export function wordOf({ out }: Ended): string {
  const word = recordsOf(out).find(({ invitation }) => typeof invitation === 'string');
  if (word === undefined) throw new Error(`there is no invitation in ${out}`);
  return String(word.invitation);
}

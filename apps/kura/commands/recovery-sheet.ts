// The page that a member prints and keeps. Whoever finds it years later, perhaps not the one who made it,
// should need nothing else to know what it is and what to do.
import type { MemberView } from './views.ts';

const COLUMNS = 4;
const WORD_COLUMNS = 16;

export interface SheetContent {
  readonly words: string;
  readonly member: MemberView;
  /** "2026-11-21" */
  readonly date: string;
}

/** "  1 abandon         2 ability …", four to a line, to be read across. */
function wordGrid(words: readonly string[]): string[] {
  const cells = words.map((word, index) => {
    const number = String(index + 1).padStart(3);
    return `${number} ${word}`.padEnd(WORD_COLUMNS);
  });
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += COLUMNS) {
    lines.push(
      `  ${cells
        .slice(at, at + COLUMNS)
        .join(' ')
        .trimEnd()}`,
    );
  }
  return lines;
}

export function recoverySheet({ words, member, date }: SheetContent): string {
  const list = words.split(/\s+/).filter((word) => word !== '');
  const { network } = member;
  const stores = network.stores.map(({ folder, cityName, cipher }) => {
    return `  [ ] ${cityName}: ${folder} (${cipher})`;
  });
  return [
    'KURA RECOVERY SHEET',
    '===================',
    '',
    `Made on ${date} for member ${member.memberId}.`,
    '',
    'These words are the key to everything that was saved. Whoever has them and one of',
    'the stores below can read it all; without them nobody can, the owner included.',
    '',
    `The ${list.length} recovery words, in this order:`,
    '',
    ...wordGrid(list),
    '',
    'Where the copies lay on that day:',
    '',
    ...stores,
    '',
    'To bring everything back:',
    '',
    '  1. Install Kura on any machine and connect at least one of the stores.',
    '  2. Write the words into a file, with spaces between them: words.txt',
    '  3. kura recover --words-file words.txt --store FOLDER',
    '  4. kura restore latest --target NEW-FOLDER',
    '  5. Delete words.txt.',
    '',
    'Keep this sheet on paper, away from the machine and from the stores. Never',
    'photograph it, never type it into a page of the web.',
    '',
  ].join('\n');
}

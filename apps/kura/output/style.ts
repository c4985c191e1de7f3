// Colours that survive escaping. `paint` marks text with noncharacters; `renderLine` escapes everything
// else and turns the marks into terminal codes, or drops them. So a name can be put into a message
// without a thought, and still never reaches the terminal raw: with such a mark in it, it is coloured
// to the end of its line, and that is all.
import { escapeText } from './escape.ts';

export type Style = 'strong' | 'faint' | 'good' | 'warning' | 'bad' | 'accent';

const MARKS: Readonly<Record<Style, string>> = {
  strong: '\ufdd0',
  faint: '\ufdd1',
  good: '\ufdd2',
  warning: '\ufdd3',
  bad: '\ufdd4',
  accent: '\ufdd5',
};
const END = '\ufdd6';
const CODES: Readonly<Record<string, string>> = {
  [MARKS.strong]: '\x1b[1m',
  [MARKS.faint]: '\x1b[2m',
  [MARKS.good]: '\x1b[32m',
  [MARKS.warning]: '\x1b[33m',
  [MARKS.bad]: '\x1b[31m',
  [MARKS.accent]: '\x1b[36m',
  [END]: '\x1b[0m',
};
const MARK = /([\ufdd0-\ufdd6])/;

export function paint(style: Style, text: string): string {
  return `${MARKS[style]}${plain(text)}${END}`;
}

/** Without marks: what is left is what takes room on the screen. */
export function plain(text: string): string {
  return text.replace(/[\ufdd0-\ufdd6]/g, '');
}

export function renderLine(text: string, options: { readonly colour: boolean }): string {
  const { colour } = options;
  const rendered = text
    .split(MARK)
    .map((part) => {
      const code = CODES[part];
      if (code === undefined) return escapeText(part);
      return colour ? code : '';
    })
    .join('');
  return colour && MARK.test(text) ? `${rendered}${CODES[END]}` : rendered;
}

export interface ColourSettings {
  readonly isTerminal: boolean;
  /** https://no-color.org: any value but the empty one. */
  readonly noColor: string | undefined;
  readonly term: string | undefined;
}

export function wantsColour({ isTerminal, noColor, term }: ColourSettings): boolean {
  return isTerminal && (noColor === undefined || noColor === '') && term !== 'dumb';
}

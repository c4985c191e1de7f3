// Tables as comma-separated values (RFC 4180): quotes, doubled quotes, line ends of either kind. For files
// that come with the project; bounded all the same, and strict: a row with a field too many is `corrupt`.
import { KuraError } from '@kura/base';

export type CsvRow = ReadonlyMap<string, string>;

/** The largest table of the project has a hundred rows of twenty-two fields. */
const MAX_CSV_CHARACTERS = 1_000_000;
const MAX_CSV_FIELDS = 200_000;

interface Field {
  readonly text: string;
  readonly next: number;
}

function quotedField(text: string, start: number): Field | undefined {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { text: value, next: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

function plainField(text: string, start: number): Field | undefined {
  let next = start;
  while (next < text.length && !',\r\n'.includes(text.charAt(next))) next++;
  const value = text.slice(start, next);
  return value.includes('"') ? undefined : { text: value, next };
}

function splitRows(text: string, fail: (why: string) => never): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let fields = 0;
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
    if (field === undefined) return fail('a quote is out of place');
    if (++fields > MAX_CSV_FIELDS) fail('it has too many fields');
    row.push(field.text);
    at = field.next;
    if (text[at] === ',') {
      at++;
      if (at < text.length) continue;
      row.push('');
    }
    if (text[at] === '\r') at++;
    if (at < text.length && text[at] !== '\n') fail('a field goes on after its quote');
    at++;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Rows by column name; the first line has the names. `noun` names the table in errors. */
export function parseCsv(text: string, noun: string): CsvRow[] {
  const fail = (why: string): never => {
    throw new KuraError('corrupt', `the ${noun} is damaged: ${why}`);
  };
  if (text.length > MAX_CSV_CHARACTERS) fail('it is too long');
  const [names, ...rows] = splitRows(text, fail);
  if (names === undefined) return fail('it is empty');
  if (new Set(names).size !== names.length) fail('a column stands twice');
  return rows.map((row) => {
    if (row.length !== names.length) fail('a row has more or fewer fields than the first');
    return new Map(names.map((name, index) => [name, row[index] ?? '']));
  });
}

/** The field of that column, which must be there. */
export function csvText(row: CsvRow, column: string): string {
  const value = row.get(column);
  if (value === undefined) throw new KuraError('corrupt', `a table has no column "${column}"`);
  return value;
}

export function csvNumber(row: CsvRow, column: string): number {
  const text = csvText(row, column);
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new KuraError('corrupt', `column "${column}" of a table has "${text}", not a number`);
  }
  return value;
}

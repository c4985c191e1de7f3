// Tables for people: columns as wide as what is in them. Scripts use `--json`.
import { paint } from './style.ts';
import { columnsOf, padEnd, padStart } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

const GAP = '  ';

/** The lines of the table, with a line of titles; just the titles if there are no rows. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map(({ title }, index) =>
    cells.reduce(
      (widest, line) => Math.max(widest, columnsOf(line[index] ?? '')),
      columnsOf(title),
    ),
  );
  const layOut = (line: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const pad = align === 'right' ? padStart : padEnd;
        return pad(line[index] ?? '', widths[index] ?? 0);
      })
      .join(GAP)
      .trimEnd();
  const titles = layOut(columns.map(({ title }) => title));
  return [paint('strong', titles), ...cells.map(layOut)];
}

// docs/benchmarks.md is written by two commands: the cases beside the peers by one, placement compared, which comes
// last, by another. Each leaves the other's part as it is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
export const PLACEMENT_HEADING = '## Placement compared';

interface Parts {
  readonly cases: string;
  /** From its heading on; empty before the first comparison. */
  readonly placement: string;
}

export function partsOf(page: string): Parts {
  const at = page.indexOf(`${PLACEMENT_HEADING}\n`);
  if (at < 0) return { cases: page, placement: '' };
  return { cases: page.slice(0, at), placement: page.slice(at) };
}

const readParts = (): Parts => partsOf(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '');

/** `text`: the page from its title on, with its last newline. */
export function writeCases(text: string): void {
  const { placement } = readParts();
  writeFileSync(PAGE, placement === '' ? text : `${text}\n${placement}`);
}

/** `text` begins with `PLACEMENT_HEADING`. */
export function writePlacement(text: string): void {
  const { cases } = readParts();
  writeFileSync(PAGE, `${cases.trimEnd()}\n\n${text}`);
}

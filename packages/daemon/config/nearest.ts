// The known word that was probably meant.

/** Words further apart than this have nothing to do with each other. */
const MAX_DISTANCE = 3;

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...a].entries()) {
    const next = [line + 1];
    for (let at = 1; at <= b.length; at++) {
      const change = (row[at - 1] ?? 0) + (b[at - 1] === letter ? 0 : 1);
      next.push(Math.min(change, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export function nearest(word: string, known: readonly string[]): string | undefined {
  const shown = word.slice(0, 64);
  const ranked = known
    .map((one) => ({ one, far: distance(shown, one) }))
    .filter(({ far }) => far <= MAX_DISTANCE)
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.one;
}

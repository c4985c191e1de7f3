// The closing day of a network: the same day of every month, from midnight on, UTC.

/** Days that every month has. */
export const MAX_CLOSING_DAY = 28;

/** The last one that has begun. */
export function closingBefore(nowMs: number, day: number): number {
  const now = new Date(nowMs);
  const here = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day);
  return here <= nowMs ? here : Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, day);
}

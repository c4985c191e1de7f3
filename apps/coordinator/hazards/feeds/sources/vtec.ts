// NWS's own numbers of events (VTEC): by office, phenomenon and year. Updates keep the number even where the
// message that they refer to was never seen: of 213 messages referred to, none was still in the list.

const ACTION = 'NEW|CON|EXT|EXA|EXB|UPG|CAN|EXP|COR|ROU';
const EVENT = /([A-Z]{4})\.([A-Z]{2})\.([WAYSFON])\.(\d{4})/.source;
const VTEC = new RegExp(`/[OTEX]\\.(?:${ACTION})\\.${EVENT}\\.`);

/**
 * Cancelled, or upgraded to something else: an update that says so is the all-clear of its segment. One that
 * says it expires has its end in `ends`, some minutes ahead.
 */
const OVER = /^\/[OTEX]\.(?:CAN|UPG)\./;

/** `texts` are all VTEC lines of one message: one that also begins something else is no all-clear. */
export function vtecIsOver(texts: readonly string[]): boolean {
  return texts.length > 0 && texts.every((text) => OVER.test(text));
}

/** "/O.CON.KSEW.FF.W.0001.…/" → "vtec:KSEW.FF.W.0001.2025"; undefined if there is none. */
export function vtecName(text: string, sentMs: number): string | undefined {
  const found = VTEC.exec(text);
  if (found === null) return undefined;
  const [, office, phenomenon, significance, number] = found;
  const year = new Date(sentMs).getUTCFullYear();
  return `vtec:${office}.${phenomenon}.${significance}.${number}.${year}`;
}

// The head `Authorization` of who reads a copy: a ticket or a grant behind one scheme, spelt and read in one place for
// readers and gateways.
import { KuraError } from '@kura/base';

const SCHEME = 'Kura ';

/** "Kura kt1.…" */
export function authorizationOf(word: string): string {
  return `${SCHEME}${word}`;
}

function refuse(reason: string, why: string): never {
  throw new KuraError('refused', `nothing is read here: ${why}`, { context: { reason } });
}

/** The ticket or grant that was shown, as a word. Throws `refused` with `context.reason`. */
export function wordIn(authorization: string | undefined): string {
  if (authorization === undefined) return refuse('none', 'neither ticket nor grant was shown');
  if (!authorization.startsWith(SCHEME)) return refuse('malformed', 'this is no ticket or grant');
  return authorization.slice(SCHEME.length);
}

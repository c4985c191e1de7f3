// Custody events as their member gets them: with the proof against the newest head, made when it is asked for.
import type { LoggedCustodyEvent } from '@kura/contract';
import type { MemberRows } from '../db/tables.ts';
import { proveEntry, readHeads } from '../log/prove-entry.ts';
import { readEvents } from './log-events.ts';

/** In the order of the member's chain; ends before the first that has no leaf yet. */
export async function readLoggedEvents(
  of: MemberRows,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly LoggedCustodyEvent[]> {
  const events = await readEvents(of, page);
  const heads = await readHeads(of.rows);
  const logged: LoggedCustodyEvent[] = [];
  for (const { number, event, subject: about, body, made_ms: timeMs, leaf_index: leaf } of events) {
    if (leaf === null) break;
    const proof = await proveEntry(of.rows, leaf, heads);
    logged.push({ number, event, about, timeMs, receipt: { body, leafIndex: leaf, ...proof } });
  }
  return logged;
}

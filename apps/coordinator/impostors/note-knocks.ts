// Knocks become rows of their day, and many of them an incident for whoever runs the network (row A15). No store is
// accused by it: whoever shows a false certificate chooses the name in it.
import { DAY_MS, type StoreId } from '@kura/base';
import { MAX_OPERATOR_PAGE } from '@kura/contract/wire/endpoints/operator.ts';
import type { Rows } from '../db/tables.ts';
import { nameIncident } from '../incidents/incident-id.ts';
import { type Knock, OTHERS } from './door-book.ts';
import { impostorMessage } from './words.ts';

/** Unless the operator's file says otherwise: a person who tries twice is none, a program that goes on trying is. */
export const IMPOSTORS_AFTER = 10;
/** Rows of a day; more callers are counted as others. */
export const MAX_DAY_ROWS = 4096;
const KEPT_DAYS = 30;
/** Counted together: this day and the one before. */
const COUNTED_DAYS = 2;
/** One subject is an incident so often. */
const AGAIN_MS = 7 * DAY_MS;
/** Named in an incident. */
const MAX_NAMED = 8;

export interface Noting {
  readonly nowMs: number;
  readonly impostorsAfter?: number | undefined;
}

interface Subject {
  readonly kind: 'address' | 'store';
  readonly subject: string;
}

export interface OpenedImpostors extends Subject {
  readonly calls: number;
}

/** In one transaction; resolves to the incidents that were opened. */
export async function noteKnocks(
  rows: Rows,
  knocks: readonly Knock[],
  { nowMs, impostorsAfter = IMPOSTORS_AFTER }: Noting,
): Promise<readonly OpenedImpostors[]> {
  if (knocks.length === 0) return [];
  const day = Math.floor(nowMs / DAY_MS);
  await rows
    .deleteFrom('impostor_calls')
    .where('day', '<', day - KEPT_DAYS)
    .execute();
  const known = await knownStores(rows, knocks);
  let room = MAX_DAY_ROWS - (await countRows(rows, day));
  const seen = new Map<string, Subject>();
  for (const knock of knocks) {
    const store = knock.claimed !== undefined && known.has(knock.claimed) ? knock.claimed : '';
    const isNew = await addTo(rows, { ...knock, day, store, isRoom: room > 0 });
    if (isNew) room--;
    seen.set(`address ${knock.address}`, { kind: 'address', subject: knock.address });
    if (store !== '') seen.set(`store ${store}`, { kind: 'store', subject: store });
  }
  const opened: OpenedImpostors[] = [];
  for (const subject of seen.values()) {
    const calls = await openIfMany(rows, subject, { day, nowMs, impostorsAfter });
    if (calls !== undefined) opened.push({ ...subject, calls });
  }
  return opened;
}

/** What anybody can make up is no key of a row. */
async function knownStores(rows: Rows, knocks: readonly Knock[]): Promise<ReadonlySet<StoreId>> {
  const claimed = [...new Set(knocks.flatMap((one) => one.claimed ?? []))];
  if (claimed.length === 0) return new Set();
  const found = await rows
    .selectFrom('stores')
    .select('store_id')
    .where('store_id', 'in', claimed)
    .execute();
  return new Set(found.map(({ store_id: storeId }) => storeId));
}

async function countRows(rows: Rows, day: number): Promise<number> {
  const { count } = await rows
    .selectFrom('impostor_calls')
    .select((all) => all.fn.countAll<number | string>().as('count'))
    .where('day', '=', day)
    .executeTakeFirstOrThrow();
  return Number(count);
}

interface Added extends Knock {
  readonly day: number;
  readonly store: StoreId | '';
  readonly isRoom: boolean;
}

/** True if it is a row of its own that was not there. */
async function addTo(rows: Rows, added: Added): Promise<boolean> {
  const { day, store, isRoom, calls, reason, firstMs, lastMs } = added;
  const key = { day, address: added.address, store_id: store, reason };
  if (await addCalls(rows, key, added)) return false;
  const others = { ...key, address: OTHERS, store_id: '' } as const;
  if (!isRoom && (await addCalls(rows, others, added))) return false;
  await rows
    .insertInto('impostor_calls')
    .values({ ...(isRoom ? key : others), calls, first_ms: firstMs, last_ms: lastMs })
    .execute();
  return isRoom;
}

/** False if there is no such row. */
async function addCalls(
  rows: Rows,
  key: {
    readonly day: number;
    readonly address: string;
    readonly store_id: StoreId | '';
    readonly reason: string;
  },
  { calls, lastMs }: Knock,
): Promise<boolean> {
  const { numUpdatedRows } = await rows
    .updateTable('impostor_calls')
    .set((row) => ({ calls: row('calls', '+', calls), last_ms: lastMs }))
    .where('day', '=', key.day)
    .where('address', '=', key.address)
    .where('store_id', '=', key.store_id)
    .where('reason', '=', key.reason)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

interface Look extends Required<Pick<Noting, 'nowMs'>> {
  readonly day: number;
  readonly impostorsAfter: number;
}

/** How many calls it is about; undefined if it is none, or one that was told not long ago. */
async function openIfMany(
  rows: Rows,
  { kind, subject }: Subject,
  { day, nowMs, impostorsAfter }: Look,
): Promise<number | undefined> {
  const counted = await rows
    .selectFrom('impostor_calls')
    .selectAll()
    .where(kind === 'address' ? 'address' : 'store_id', '=', subject)
    .where('day', '>', day - COUNTED_DAYS)
    .orderBy('calls', 'desc')
    .limit(MAX_OPERATOR_PAGE)
    .execute();
  // A device whose certificate has ended logs in anew one day; a store has to be looked after.
  const meant = counted.filter((one) => one.store_id !== '' || !isOfTime(one.reason));
  const addresses = [...new Set(meant.map(({ address }) => address))];
  // Calls from one address are told once, as that address.
  if (kind === 'store' && addresses.length < 2) return undefined;
  const calls = meant.reduce((sum, one) => sum + one.calls, 0);
  if (calls < impostorsAfter || (await wasOpened(rows, { kind, subject }, nowMs))) return undefined;
  const stores = [...new Set(meant.flatMap((one) => (one.store_id === '' ? [] : one.store_id)))];
  const reasons = [...new Set(meant.map(({ reason }) => reason))].sort();
  const facts = {
    ...{ kind, subject, calls, reasons, addresses: addresses.slice(0, MAX_NAMED) },
    stores: stores.slice(0, MAX_NAMED),
  };
  await rows
    .insertInto('impostor_incidents')
    .values({
      ...{ incident_id: nameIncident([subject, 'impostors', nowMs]), kind, subject },
      ...{ opened_ms: nowMs, tries: 0, next_ms: nowMs, why: null },
      facts: JSON.stringify({ message: impostorMessage(facts), ...facts }),
    })
    .execute();
  return calls;
}

function isOfTime(reason: string): boolean {
  return reason === 'expired' || reason === 'not yet valid';
}

async function wasOpened(rows: Rows, { kind, subject }: Subject, nowMs: number): Promise<boolean> {
  const row = await rows
    .selectFrom('impostor_incidents')
    .select('incident_id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('opened_ms', '>', nowMs - AGAIN_MS)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

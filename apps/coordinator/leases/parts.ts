// Work that is cut into parts, so that several programs are at it at once: each part is a lease of its own, and every
// program holds as many as are its share. Who is there is told by a lease as well, so all of it goes by the database's
// clock, and a program that died is missed when its leases end.
import type { LeasesTable } from '../db/service-tables.ts';
import type { Rows } from '../db/tables.ts';
import { isOpen, LEASE_MS } from './lease-time.ts';

export interface PartedWork {
  /** Lease names are `WORK/PART`, and `WORK/at/HOLDER` of whoever is there. */
  readonly work: string;
  readonly parts: readonly string[];
  /** Parts in which this program has something under way: they are not given away now. */
  readonly busy: ReadonlySet<string>;
}

export interface Holding {
  readonly holder: string;
  readonly nowMs: number;
}

export interface TakenParts {
  /** Epochs of the leases that this program holds now, by part. */
  readonly epochs: ReadonlyMap<string, number>;
  /** Programs that are at this work, with this one. */
  readonly programs: number;
}

const AT = 'at/';
/** One that lasts longer is not renewed yet: most rounds then write nothing, and are in nobody's way. */
const FRESH_MS = (2 / 3) * LEASE_MS;

/** Renews what is this program's, gives away what is above its share, takes what is free below it. */
export async function takeParts(rows: Rows, work: PartedWork, by: Holding): Promise<TakenParts> {
  const prefix = `${work.work}/`;
  const found = await rows
    .selectFrom('leases')
    .selectAll()
    .where('name', 'like', `${prefix}%`)
    .execute();
  const programs = await announce(rows, `${prefix}${AT}`, { ...by, found });
  const share = Math.ceil(work.parts.length / programs);
  const known = new Map(found.map((row) => [row.name, row]));
  const isMine = (part: string): boolean => {
    const row = known.get(prefix + part);
    return row !== undefined && row.holder === by.holder && row.until_ms > 0;
  };
  const mine = work.parts.filter(isMine);
  const idle = mine.filter((part) => !work.busy.has(part));
  const leaving = new Set(idle.slice(0, Math.max(0, mine.length - share)));
  const kept = mine.filter((part) => !leaving.has(part));
  const free = work.parts
    .filter((part) => !isMine(part) && isOpen(known.get(prefix + part), by.nowMs))
    .slice(0, Math.max(0, share - kept.length));
  await setEnds(rows, { ...by, names: [...leaving].map((part) => prefix + part), untilMs: 0 });
  const untilMs = by.nowMs + LEASE_MS;
  const isOld = (part: string): boolean => !isFresh(known.get(prefix + part), by.nowMs);
  await setEnds(rows, { ...by, names: kept.filter(isOld).map((part) => prefix + part), untilMs });
  const epochs = new Map(kept.map((part) => [part, known.get(prefix + part)?.epoch ?? 0]));
  for (const part of free) {
    const epoch = (known.get(prefix + part)?.epoch ?? 0) + 1;
    const lease = { name: prefix + part, holder: by.holder, epoch, until_ms: untilMs };
    await putLease(rows, lease);
    epochs.set(part, epoch);
  }
  return { epochs, programs };
}

/** Says that this program is there, forgets those that are gone, and resolves to how many there are. */
async function announce(
  rows: Rows,
  prefix: string,
  { holder, nowMs, found }: Holding & { readonly found: readonly LeasesTable[] },
): Promise<number> {
  const own = prefix + holder;
  const known = found.find(({ name }) => name === own);
  if (!isFresh(known, nowMs)) {
    await putLease(rows, { name: own, holder, epoch: 1, until_ms: nowMs + LEASE_MS });
  }
  const others = found.filter(({ name }) => name.startsWith(prefix) && name !== own);
  const gone = others.filter((row) => isOpen(row, nowMs)).map(({ name }) => name);
  if (gone.length > 0) await rows.deleteFrom('leases').where('name', 'in', gone).execute();
  return 1 + others.length - gone.length;
}

function isFresh(row: LeasesTable | undefined, nowMs: number): boolean {
  return row !== undefined && !isOpen(row, nowMs) && row.until_ms - nowMs > FRESH_MS;
}

async function putLease(rows: Rows, lease: LeasesTable): Promise<void> {
  const { name: _, ...columns } = lease;
  await rows
    .insertInto('leases')
    .values(lease)
    .onConflict((same) => same.column('name').doUpdateSet(columns))
    .execute();
}

interface Ends {
  readonly holder: string;
  readonly names: readonly string[];
  readonly untilMs: number;
}

async function setEnds(rows: Rows, { holder, names, untilMs }: Ends): Promise<void> {
  if (names.length === 0) return;
  await rows
    .updateTable('leases')
    .set({ until_ms: untilMs })
    .where('name', 'in', names)
    .where('holder', '=', holder)
    .execute();
}

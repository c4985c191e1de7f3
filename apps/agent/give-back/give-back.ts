// What a card and the catalogues at the stores know, given back to a network that was rebuilt from an older kit
// (docs/design/rebuild.md): packs first, whose copies the stores confirm; then heads and events, which the log
// confirms; then what its owner had forgotten. The same again changes nothing.
import { equalBytes, type PackId, type SessionId, type StoreId } from '@kura/base';
import { openForgetOrder, type PackRow } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import type { CardFiles } from '../card/card-files.ts';
import { CardLog, type KeptReceipt, RECEIPTS } from '../card/card-log.ts';
import { CatalogueNames } from '../card/catalogue/names.ts';
import { CopyFinder } from '../card/find-copies.ts';
import type { OpenCard } from '../card/read-card.ts';
import { type ForgetPorts, forget } from '../heads/forget.ts';
import type { RemoteCoordinator } from '../network/remote-coordinator.ts';
import { withinSession } from '../within-session.ts';
import type {
  EventToReturn,
  PackToReturn,
  RefusedSnapshot,
  RemoteReturns,
  SnapshotToReturn,
  TakenPacks,
  UnconfirmedCopy,
} from './remote-returns.ts';

export interface GivingBack extends Omit<ForgetPorts, 'coordinator' | 'keys'> {
  readonly files: CardFiles;
  /** Read from the stores, while nobody of the network was asked. */
  readonly card: OpenCard;
  /** The member's own: orders to forget are signed anew. */
  readonly keys: MemberKeys;
  /** The member's, 32 bytes. */
  readonly catalogueKey: Uint8Array;
  readonly coordinator: RemoteCoordinator;
  readonly returns: RemoteReturns;
  /** Also if a pack has no copy that could be confirmed, because stores are away. */
  readonly finishes: boolean;
}

export interface GivenBack extends TakenPacks {
  readonly snapshots: number;
  readonly refused: readonly RefusedSnapshot[];
  readonly events: number;
  /** Snapshots whose order to forget was signed anew. */
  readonly forgotten: number;
  /** False: the network goes on waiting, because packs lie at stores that are away. */
  readonly isEnded: boolean;
}

const ALL = Number.MAX_SAFE_INTEGER;
const PAGE = 10_000;
const ORDERS_PAGE = 200;

export async function giveBack(giving: GivingBack): Promise<GivenBack> {
  const { coordinator, returns, finishes, card } = giving;
  return await withinSession(coordinator, 'repair', async (session) => {
    const packs = await givePacks(giving, session);
    const { taken: snapshots, refused } = await returns.snapshots(await headsToReturn(giving));
    const events = await returns.events(eventsOf(giving.files));
    const forgotten = await forgetAnew(giving);
    const isEnded = finishes || packs.homeless === 0;
    if (isEnded) await returns.end(card.newestNotice);
    return { ...packs.taken, snapshots, refused, events, forgotten, isEnded };
  });
}

async function givePacks(
  { card, coordinator, returns, catalogueKey }: GivingBack,
  session: SessionId,
): Promise<{ readonly taken: TakenPacks; readonly homeless: number }> {
  const rows = await allRows(coordinator);
  const names = new CatalogueNames(catalogueKey);
  const catalogues = Array.from({ length: card.newestCatalogue }, (_, at) => names.of(at + 1));
  const listed = await card.tables.packs(undefined, ALL);
  const told = new Set([...listed.map(({ packId }) => packId), ...catalogues]);
  const unlisted = [...rows.keys()].filter((packId) => !told.has(packId));
  const unknown = catalogues.filter((packId) => !rows.has(packId));
  const found = await new CopyFinder(card.readers).find(unknown);
  const packs = [...listed.filter((row) => !isSame(row, rows.get(row.packId))), ...found];
  const taken = await returns.packs(session, { packs: packs.map(toReturn), unlisted });
  return { taken, homeless: homelessOf(packs, taken.unconfirmed) };
}

async function allRows(coordinator: RemoteCoordinator): Promise<ReadonlyMap<PackId, PackRow>> {
  const rows = new Map<PackId, PackRow>();
  for (let since = 0; ; ) {
    const changes = await coordinator.changedPacks(since, PAGE);
    for (const row of changes.rows) rows.set(row.packId, row);
    for (const packId of changes.dropped) rows.delete(packId);
    if (changes.isComplete) return rows;
    since = changes.tick;
  }
}

function isSame(listed: PackRow, row: PackRow | undefined): boolean {
  if (row?.copies.length !== listed.copies.length) return false;
  const roots = new Map(row.copies.map(({ storeId, root }) => [storeId, root]));
  return listed.copies.every(({ storeId, root }) => {
    const there = roots.get(storeId);
    return there !== undefined && equalBytes(there, root);
  });
}

function toReturn({ packId, leafCount, copies }: PackToReturn): PackToReturn {
  return { packId, leafCount, copies: copies.map(({ storeId, root }) => ({ storeId, root })) };
}

/** Packs of which no copy is confirmed, and one is at a store that cannot be asked now. */
function homelessOf(
  packs: readonly PackToReturn[],
  unconfirmed: readonly UnconfirmedCopy[],
): number {
  const doubts = Map.groupBy(unconfirmed, ({ packId }) => packId);
  return packs.filter(({ packId, copies }) => {
    const open = doubts.get(packId) ?? [];
    return open.length === copies.length && open.some(({ why }) => why === 'away');
  }).length;
}

/** Heads that the network does not have, or has without the receipt that this card has. */
async function headsToReturn({
  card,
  files,
  coordinator,
}: GivingBack): Promise<readonly SnapshotToReturn[]> {
  const there = new Map(
    (await coordinator.snapshots()).map(({ snapshotId, loggedMs }) => [snapshotId, loggedMs]),
  );
  const receipts = new Map(
    keptReceipts(files).map(({ snapshotId, receipt }) => [snapshotId, receipt]),
  );
  return (await card.tables.snapshots())
    .map((row) => ({ row, receipt: receipts.get(row.snapshotId) }))
    .filter(({ row, receipt }) => {
      const isThere = there.has(row.snapshotId);
      return !isThere || (receipt !== undefined && there.get(row.snapshotId) === undefined);
    });
}

function eventsOf(files: CardFiles): readonly EventToReturn[] {
  return keptReceipts(files)
    .flatMap(({ event, receipt: { body, leafIndex } }) =>
      event === undefined ? [] : [{ number: event, receipt: { body, leafIndex } }],
    )
    .sort((a, b) => a.number - b.number);
}

function keptReceipts(files: CardFiles): readonly KeptReceipt[] {
  return [...new CardLog(files, RECEIPTS).newest()];
}

/** What left the history stays away: orders that the network has lost are signed once more. */
async function forgetAnew({
  card,
  keys,
  coordinator,
  history,
  clock,
}: GivingBack): Promise<number> {
  const ordered = new Set<string>();
  for (let last = 0, isWhole = false; !isWhole; ) {
    const page = await coordinator.forgetOrders(last, ORDERS_PAGE);
    for (const { number, order } of page) {
      last = number;
      for (const id of openForgetOrder(order, keys).snapshots) ordered.add(id);
    }
    isWhole = page.length < ORDERS_PAGE;
  }
  const known = new Set([...history.read().forgotten, ...card.tables.forgotten]);
  const lost = [...known].filter((id) => !ordered.has(id));
  await forget(lost, { coordinator, keys, history, clock });
  return lost.length;
}

/** By store: of how many packs its copy could not be confirmed. */
export function doubtsByStore(
  unconfirmed: readonly UnconfirmedCopy[],
): ReadonlyMap<StoreId, readonly UnconfirmedCopy[]> {
  return Map.groupBy(unconfirmed, ({ storeId }) => storeId);
}

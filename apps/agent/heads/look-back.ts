// Looks back: what the network shows now against what this device and its card know, and takes over what is new. Every
// restore and check begins so (docs/design/heads.md).
import { type Clock, KuraError, type SnapshotId } from '@kura/base';
import { type CoordinatorPort, openForgetOrder } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import type { SnapshotStore, StoredSnapshot } from '../snapshots/snapshot-store.ts';
import {
  compareHistory,
  type HistoryFinding,
  type ShownHead,
  type ShownHistory,
} from './compare-history.ts';
import type { HistoryMemory } from './history-memory.ts';
import type { KnownHead, KnownHistory } from './known-history.ts';

export interface LookBackPorts {
  readonly coordinator: Pick<CoordinatorPort, 'forgetOrders'>;
  readonly keys: Pick<MemberKeys, 'memberId' | 'ownerKey'>;
  readonly history: HistoryMemory;
  readonly clock: Clock;
  /** With the card alone: what the newest catalogue says was forgotten. Default: the coordinator's orders. */
  readonly catalogued?: ReadonlySet<SnapshotId>;
}

export interface LookBack {
  /** Those that could be read, the oldest first by their own clocks. */
  readonly stored: readonly StoredSnapshot[];
  readonly known: KnownHistory;
  readonly shown: ShownHistory;
  /** Highest number of the orders that were read. */
  readonly ordersRead: number;
  readonly findings: readonly HistoryFinding[];
}

const ORDERS_PAGE = 200;

/** Reads every record that can be read; changes nothing. */
export async function lookBack(snapshots: SnapshotStore, ports: LookBackPorts): Promise<LookBack> {
  const known = ports.history.read();
  const unreadable = new Set<SnapshotId>();
  const stored = await snapshots.listReadable(({ snapshotId }) => unreadable.add(snapshotId));
  const heads = stored.map(shownHead);
  const { catalogued } = ports;
  if (catalogued !== undefined) {
    const shown = { heads, unreadable, forgotten: catalogued, isCurrent: false };
    const findings = compareHistory(known, shown);
    return { stored, known, shown, ordersRead: known.ordersRead, findings };
  }
  const compare = (orders: ReadOrders): LookBack => {
    const shown = { heads, unreadable, forgotten: orders.forgotten, isCurrent: true };
    const findings = compareHistory(known, shown);
    return { stored, known, shown, ordersRead: orders.last, findings };
  };
  const newer = await readNewerOrders(ports, known);
  if (newer !== undefined) {
    const look = compare(newer);
    if (look.findings.length === 0) return look;
  }
  // Another coordinator, or older tables, may number the same orders in another way.
  return compare(await readOrders(ports, 0));
}

/** What was shown is what is known from now on; for after a comparison without a finding. */
export async function learn(
  { known, shown, ordersRead }: LookBack,
  history: HistoryMemory,
): Promise<void> {
  // Other processes of this device may have added something since.
  const now = history.read();
  const isNew = ({ snapshotId }: KnownHead): boolean => !known.standing.has(snapshotId);
  const added = [...now.standing.values()].filter(isNew);
  const forgotten = new Set([...known.forgotten, ...now.forgotten, ...shown.forgotten]);
  const standing = standingOf([...known.standing.values(), ...shown.heads, ...added], forgotten);
  const accepted = new Map(known.accepted);
  for (const { snapshotId } of shown.heads) accepted.delete(snapshotId);
  await history.write({ ...now, standing, forgotten, accepted, ordersRead });
}

/** A person has said so: what is shown is the history, what is absent is given up, and what came back stands again. */
export async function accept(look: LookBack, ports: LookBackPorts): Promise<void> {
  const { known, shown, ordersRead, findings } = look;
  const there = new Set(shown.heads.map(({ snapshotId }) => snapshotId));
  const accepted = new Map(known.accepted);
  for (const { snapshotId } of findings) accepted.set(snapshotId, ports.clock.nowMs());
  for (const id of there) accepted.delete(id);
  const forgotten = new Set(shown.forgotten);
  for (const id of there) forgotten.delete(id);
  const gone = new Set([...forgotten, ...accepted.keys()]);
  const standing = standingOf([...known.standing.values(), ...shown.heads], gone);
  // What was seen of another log is given up as well: the next look begins with what is shown.
  const checkpoints: readonly string[] = [];
  await ports.history.write({ ...known, standing, forgotten, accepted, ordersRead, checkpoints });
}

function standingOf(
  heads: readonly KnownHead[],
  gone: ReadonlySet<SnapshotId>,
): ReadonlyMap<SnapshotId, KnownHead> {
  const standing = heads.filter(({ snapshotId }) => !gone.has(snapshotId));
  return new Map(
    standing.map(({ snapshotId, deviceId, leafIndex, timeMs }) => [
      snapshotId,
      { snapshotId, deviceId, leafIndex, timeMs },
    ]),
  );
}

/** A head of this device's own, as soon as it has its receipt: `checkpoint` is the receipt's. */
export async function remember(
  head: KnownHead & { readonly checkpoint: string },
  history: HistoryMemory,
): Promise<void> {
  const { checkpoint, ...own } = head;
  const known = history.read();
  const standing = new Map([...known.standing, [own.snapshotId, own]]);
  await history.write({ ...known, standing, checkpoints: [...known.checkpoints, checkpoint] });
}

/** The head that is newest in the log, of all that are known or shown; undefined if there is none. */
export function newestKnown({ known, shown }: LookBack): KnownHead | undefined {
  const all: readonly KnownHead[] = [...known.standing.values(), ...shown.heads];
  return all.reduce<KnownHead | undefined>(
    (newest, head) => (newest !== undefined && newest.leafIndex >= head.leafIndex ? newest : head),
    undefined,
  );
}

function shownHead({ id, row, snapshot }: StoredSnapshot): ShownHead {
  const { predecessor, heads = [], device, timeMs } = snapshot;
  return {
    ...{ snapshotId: id, deviceId: device, leafIndex: row.leafIndex, timeMs },
    names: predecessor === undefined ? heads : [predecessor, ...heads],
  };
}

interface ReadOrders {
  readonly forgotten: ReadonlySet<SnapshotId>;
  readonly last: number;
}

/** What is known already, and what came after; undefined if the last that was read is not there any more. */
async function readNewerOrders(
  ports: LookBackPorts,
  { forgotten, ordersRead }: KnownHistory,
): Promise<ReadOrders | undefined> {
  if (ordersRead === 0) return undefined;
  const [last] = await ports.coordinator.forgetOrders(ordersRead - 1, 1);
  if (last?.number !== ordersRead) return undefined;
  const newer = await readOrders(ports, ordersRead);
  return { ...newer, forgotten: new Set([...forgotten, ...newer.forgotten]) };
}

/** What the owner did not sign explains nothing. */
async function readOrders(
  { coordinator, keys }: LookBackPorts,
  after: number,
): Promise<ReadOrders> {
  const forgotten = new Set<SnapshotId>();
  let last = after;
  for (;;) {
    const page = await coordinator.forgetOrders(last, ORDERS_PAGE);
    for (const { number, order } of page) {
      if (number <= last) throw new KuraError('corrupt', 'the network lists orders in no order');
      last = number;
      for (const id of idsIn(order, keys)) forgotten.add(id);
    }
    if (page.length < ORDERS_PAGE) return { forgotten, last };
  }
}

function idsIn(
  order: Uint8Array,
  check: Pick<MemberKeys, 'memberId' | 'ownerKey'>,
): readonly SnapshotId[] {
  try {
    return openForgetOrder(order, check).snapshots;
  } catch (error) {
    if (error instanceof KuraError && error.code === 'refused') return [];
    throw error;
  }
}

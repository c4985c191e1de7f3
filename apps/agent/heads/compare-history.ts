// Whether what a network shows of a member's history is what is known of it. Pure: no clock takes part, places in the
// log and signatures decide (docs/design/heads.md, "The comparison").
import type { SnapshotId } from '@kura/base';
import { type KnownHead, type KnownHistory, UNKNOWN_LEAF } from './known-history.ts';

/** A head that is shown, with what its signed record says. */
export interface ShownHead extends KnownHead {
  /** Predecessor, and heads of other devices. */
  readonly names: readonly SnapshotId[];
}

export interface ShownHistory {
  readonly heads: readonly ShownHead[];
  /** Rows whose record cannot be read now: they are neither learnt nor missed. */
  readonly unreadable: ReadonlySet<SnapshotId>;
  /** Named by all the orders that are shown and were verified. */
  readonly forgotten: ReadonlySet<SnapshotId>;
  /** False: a catalogue, which may be older than the last order. */
  readonly isCurrent: boolean;
}

/**
 * older: the known end is not there · forked: another end is there instead · missing: one is not there among those
 * that are · returned: one is there that the owner had forgotten · unordered: the order to forget one is gone ·
 * moved: one has another place in the log.
 */
export type FindingKind = 'older' | 'forked' | 'missing' | 'returned' | 'unordered' | 'moved';

export interface HistoryFinding {
  readonly kind: FindingKind;
  readonly snapshotId: SnapshotId;
  /** As it was known; undefined of one that only a shown record names. */
  readonly known: KnownHead | undefined;
  /** A shown head that names it. */
  readonly namedBy: SnapshotId | undefined;
}

/** In the order of the log; those of unknown place last. */
export function compareHistory(
  known: KnownHistory,
  shown: ShownHistory,
): readonly HistoryFinding[] {
  const there = new Map(shown.heads.map((head) => [head.snapshotId, head]));
  const namedBy = namersOf(shown.heads);
  const isExplained = (id: SnapshotId): boolean =>
    there.has(id) ||
    shown.unreadable.has(id) ||
    shown.forgotten.has(id) ||
    known.forgotten.has(id) ||
    known.accepted.has(id);
  const absent = [...known.standing.values()]
    .filter(({ snapshotId }) => !isExplained(snapshotId))
    .sort((a, b) => a.leafIndex - b.leafIndex);
  const kindOf = endOf(absent, { known, shown });
  const findings: HistoryFinding[] = absent.map((head) => {
    const namer = namedBy.get(head.snapshotId);
    const kind = namer === undefined ? kindOf(head) : 'missing';
    return { kind, snapshotId: head.snapshotId, known: head, namedBy: namer };
  });
  for (const head of known.standing.values()) {
    const now = there.get(head.snapshotId);
    if (now === undefined || head.leafIndex === UNKNOWN_LEAF) continue;
    if (now.leafIndex === head.leafIndex) continue;
    findings.push({ ...of(head.snapshotId), kind: 'moved', known: head });
  }
  for (const [id, namer] of namedBy) {
    if (isExplained(id) || known.standing.has(id)) continue;
    findings.push({ ...of(id), kind: 'missing', namedBy: namer });
  }
  if (!shown.isCurrent) return findings;
  for (const id of there.keys()) {
    if (known.forgotten.has(id)) findings.push({ ...of(id), kind: 'returned' });
  }
  for (const id of known.forgotten) {
    if (there.has(id) || shown.forgotten.has(id)) continue;
    findings.push({ ...of(id), kind: 'unordered' });
  }
  return findings;
}

const of = (snapshotId: SnapshotId) => ({ snapshotId, known: undefined, namedBy: undefined });

function namersOf(heads: readonly ShownHead[]): ReadonlyMap<SnapshotId, SnapshotId> {
  const namedBy = new Map<SnapshotId, SnapshotId>();
  for (const { snapshotId, names } of heads) {
    for (const named of names) namedBy.set(named, snapshotId);
  }
  return namedBy;
}

/** Of heads that no shown record names: whether the history ends before them, or went on in another way. */
function endOf(
  [first]: readonly KnownHead[],
  { known, shown }: { readonly known: KnownHistory; readonly shown: ShownHistory },
): (absent: KnownHead) => FindingKind {
  const from = first?.leafIndex ?? 0;
  const isFork = shown.heads.some(
    ({ snapshotId, leafIndex }) => leafIndex >= from && !known.standing.has(snapshotId),
  );
  if (isFork) return () => 'forked';
  const newest = shown.heads.reduce((last, { leafIndex }) => Math.max(last, leafIndex), -1);
  return ({ leafIndex }) => (leafIndex > newest ? 'older' : 'missing');
}

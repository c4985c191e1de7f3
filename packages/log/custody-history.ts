// Receipts of one member beside each other: what each proves alone (receipt-verifier.ts) may still contradict what
// another proves. Two histories of one log, or of one member, are evidence against whoever signed them.
import { equalBytes, toHex } from '@kura/base';
import type { CustodyEvent } from './events.ts';
import { foldNodes } from './merkle-tree.ts';
import { fromProof, type OpenedReceipt } from './receipt-verifier.ts';

/**
 * `split-view`: the log signed two heads of one size, or holds two things in one place · `rewritten`: a head
 * that a receipt shows to have been there before is not the one that was signed · `forked`: two events of the
 * member follow the same one · `misplaced`: an event follows one that comes later in the log · `gap`: it
 * follows one that is not here.
 */
export type FindingKind = 'split-view' | 'rewritten' | 'forked' | 'misplaced' | 'gap';

export interface HistoryFinding {
  readonly kind: FindingKind;
  /** Positions in what was given; the second is missing for a gap. */
  readonly receipts: readonly number[];
  /** One sentence. */
  readonly text: string;
}

/** A gap is a hole in what was brought; anything else shows that somebody lied. */
export function isContradiction({ kind }: Pick<HistoryFinding, 'kind'>): boolean {
  return kind !== 'gap';
}

interface Placed {
  readonly at: number;
  readonly opened: OpenedReceipt;
}

export function judgeHistory(opened: readonly OpenedReceipt[]): HistoryFinding[] {
  const placed = opened.map((one, at): Placed => ({ at, opened: one }));
  const byLog = Map.groupBy(placed, ({ opened: { checkpoint } }) => checkpoint.origin);
  return [...byLog.values()].flatMap((log) => [
    ...splitViews(log),
    ...rewritings(log),
    ...brokenChains(log),
  ]);
}

function splitViews(log: readonly Placed[]): HistoryFinding[] {
  const bySize = differing(
    log,
    ({ checkpoint }) => checkpoint.size,
    ({ checkpoint }) => checkpoint.head,
  );
  const byIndex = differing(
    log,
    ({ receipt }) => receipt.leafIndex,
    ({ entryHash }) => entryHash,
  );
  const finding = (receipts: readonly number[], text: string): HistoryFinding => ({
    kind: 'split-view',
    receipts,
    text,
  });
  return [
    ...bySize.map(([key, pair]) => finding(pair, `the log signed two heads of ${key} entries`)),
    ...byIndex.map(([key, pair]) => finding(pair, `the log holds two things as entry ${key}`)),
  ];
}

/** Per key the first two positions whose values differ. */
function differing(
  log: readonly Placed[],
  keyOf: (opened: OpenedReceipt) => number,
  hashIn: (opened: OpenedReceipt) => Uint8Array,
): [number, readonly number[]][] {
  const first = new Map<number, Placed>();
  const found = new Map<number, readonly number[]>();
  for (const one of log) {
    const key = keyOf(one.opened);
    const before = first.get(key);
    if (before === undefined) first.set(key, one);
    else if (!equalBytes(hashIn(before.opened), hashIn(one.opened))) {
      if (!found.has(key)) found.set(key, [before.at, one.at]);
    }
  }
  return [...found];
}

/**
 * The proof of a leaf that was the last of its tree is the tree before it: so such a receipt says which head the
 * log had one entry earlier, and a receipt under that size must have the same.
 */
function rewritings(log: readonly Placed[]): HistoryFinding[] {
  const bySize = new Map(log.map((one) => [one.opened.checkpoint.size, one]));
  return log.flatMap(({ at, opened: { receipt, checkpoint } }) => {
    const isLast = receipt.leafIndex === checkpoint.size - 1;
    const before = bySize.get(receipt.leafIndex);
    if (!isLast || before === undefined) return [];
    const head = foldNodes(fromProof(receipt.inclusionProof).reverse());
    if (equalBytes(head, before.opened.checkpoint.head)) return [];
    const text = `the log of ${checkpoint.size} entries does not continue that of ${receipt.leafIndex}`;
    return [{ kind: 'rewritten', receipts: [before.at, at], text } as const];
  });
}

interface PlacedEvent extends Placed {
  readonly event: CustodyEvent;
}

function brokenChains(log: readonly Placed[]): HistoryFinding[] {
  const events = log.flatMap((one): PlacedEvent[] => {
    const { record } = one.opened;
    return record.kind === 'event' ? [{ ...one, event: record.event }] : [];
  });
  const members = Map.groupBy(events, ({ event }) => event.memberId);
  return [...members.values()].flatMap((chain) => brokenChain(chain));
}

function brokenChain(chain: readonly PlacedEvent[]): HistoryFinding[] {
  const byHash = new Map(chain.map((one) => [toHex(one.opened.entryHash), one]));
  const followed = new Map<string | null, PlacedEvent>();
  const findings: HistoryFinding[] = [];
  for (const one of chain) {
    const { previous } = one.event;
    const { leafIndex } = one.opened.receipt;
    const before = previous === null ? undefined : byHash.get(previous);
    if (previous !== null && before === undefined) {
      const text = `entry ${leafIndex} follows an event of which no receipt is here`;
      findings.push({ kind: 'gap', receipts: [one.at], text });
    }
    if (before !== undefined && before.opened.receipt.leafIndex >= leafIndex) {
      const text = `entry ${leafIndex} follows one that is not before it in the log`;
      findings.push({ kind: 'misplaced', receipts: [before.at, one.at], text });
    }
    const rival = followed.get(previous);
    if (rival === undefined) followed.set(previous, one);
    else if (!equalBytes(rival.opened.entryHash, one.opened.entryHash)) {
      const places = `entries ${rival.opened.receipt.leafIndex} and ${leafIndex}`;
      const text = `${places} both follow the same event of the member`;
      findings.push({ kind: 'forked', receipts: [rival.at, one.at], text });
    }
  }
  return findings;
}

// Receipts as the commands show them: each judged by itself, then all beside each other.
import { KuraError, must, type SnapshotId } from '@kura/base';
import {
  describeRecord,
  type HistoryFinding,
  headOfRecord,
  judgeHistory,
  nameOfRecord,
  type OpenedReceipt,
  parseCustodyRecord,
  type Receipt,
  type ReceiptVerifier,
  type RefusalReason,
  refusalReason,
  refusedReceipt,
  snapshotOf,
  toReceiptLine,
} from '@kura/log';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';

export interface Examined {
  readonly receipt: Receipt;
  /** What it proves; undefined if it is refused. */
  readonly opened: OpenedReceipt | undefined;
  readonly refusal: { readonly reason: RefusalReason; readonly message: string } | undefined;
}

export interface Examining {
  readonly verifier: ReceiptVerifier;
  /** One that too few witnesses have cosigned is refused, and not only unwitnessed. */
  readonly needsQuorum: boolean;
  /** What was asked for: a good receipt of something else proves nothing about it. */
  readonly snapshotId?: SnapshotId | undefined;
}

export function examine(receipt: Receipt, examining: Examining): Examined {
  const { verifier, needsQuorum, snapshotId } = examining;
  try {
    const opened = needsQuorum ? verifier.verify(receipt) : verifier.open(receipt);
    if (snapshotId !== undefined && snapshotOf(opened.record) !== snapshotId) {
      throw refusedReceipt('subject', 'it is of another snapshot than the one that was asked for');
    }
    return { receipt, opened, refusal: undefined };
  } catch (error) {
    const reason = refusalReason(error);
    if (reason === undefined || !(error instanceof KuraError)) throw error;
    return { receipt, opened: undefined, refusal: { reason, message: error.message } };
  }
}

/** With the positions among all that were examined. */
export function findingsAmong(examined: readonly Examined[]): HistoryFinding[] {
  const good = [...examined.entries()].flatMap(([at, { opened }]) =>
    opened === undefined ? [] : [{ at, opened }],
  );
  const findings = judgeHistory(good.map(({ opened }) => opened));
  return findings.map((finding) => ({
    ...finding,
    receipts: finding.receipts.map((at) => must(good[at], 'it was among the good').at),
  }));
}

export interface Told {
  /** "accepted", "moved" …; empty if its body is none. */
  readonly event: string;
  readonly timeMs: number | undefined;
  readonly text: string;
}

/** What the body says, whether it is proved or not. */
export function tell({ receipt, opened }: Examined): Told {
  try {
    const record = opened?.record ?? parseCustodyRecord(receipt.body);
    const { timeMs } = headOfRecord(record);
    return { event: nameOfRecord(record), timeMs, text: describeRecord(record) };
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    return { event: '', timeMs: undefined, text: error.message };
  }
}

/** A line of a file of receipts, with what was found out about it. */
export function receiptJson(examined: Examined, snapshotId: string | undefined): Json {
  const { receipt, opened, refusal } = examined;
  const { event, timeMs } = tell(examined);
  return {
    event,
    snapshot_id: snapshotId ?? null,
    time: timeMs === undefined ? null : new Date(timeMs).toISOString(),
    valid: refusal === undefined,
    reason: refusal?.reason ?? null,
    witnesses: (opened?.cosignatures ?? []).map((cosignature) => ({
      name: cosignature.witness.name,
      time: new Date(cosignature.timeMs).toISOString(),
    })),
    ...toReceiptLine({ ...receipt, witnessed: opened?.isWitnessed ?? false }),
  };
}

/** For people: "valid", or why not. */
export const proofText = ({ refusal }: Examined): string =>
  refusal === undefined ? paint('good', 'valid') : paint('bad', `NOT VALID (${refusal.reason})`);

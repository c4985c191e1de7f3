// Both verifiers of receipts over the same ones, which must agree: packages/log, and the file that stands alone.
import {
  formatPolicy,
  isContradiction,
  judgeHistory,
  type OpenedReceipt,
  type Receipt,
  ReceiptVerifier,
  refusalReason,
  toReceiptLine,
  type WitnessPolicy,
} from '@kura/log';
import { checkReceipts } from '@kura/log/verifier/kura-receipts.mjs';

export interface Verdict {
  /** Every receipt is good and none contradicts another; gaps are named and no lie. */
  readonly isAccepted: boolean;
  readonly named: readonly string[];
}

export function judgeBoth(receipts: readonly Receipt[], policy: WitnessPolicy): Verdict {
  const own = judge(receipts, policy);
  const alone = judgeAlone(receipts, policy);
  const isSame = own.isAccepted === alone.isAccepted && own.named.join() === alone.named.join();
  if (isSame) return own;
  return {
    isAccepted: own.isAccepted || alone.isAccepted,
    named: [`differently: ${own.named} / ${alone.named}`],
  };
}

function judge(receipts: readonly Receipt[], policy: WitnessPolicy): Verdict {
  const verifier = new ReceiptVerifier(policy);
  const good: OpenedReceipt[] = [];
  const named = new Set<string>();
  for (const receipt of receipts) {
    try {
      good.push(verifier.verify(receipt));
    } catch (error) {
      const reason = refusalReason(error);
      if (reason === undefined) throw error;
      named.add(reason);
    }
  }
  const findings = judgeHistory(good);
  for (const { kind } of findings) named.add(kind);
  const isAccepted = good.length === receipts.length && !findings.some(isContradiction);
  return { isAccepted, named: [...named].sort() };
}

function judgeAlone(receipts: readonly Receipt[], policy: WitnessPolicy): Verdict {
  const named = new Set<string>();
  const lines = receipts.map((receipt) => JSON.stringify(toReceiptLine(receipt)));
  const isAccepted = checkReceipts(formatPolicy(policy), lines, (line) => {
    const [, word] = /^(?:REFUSED|note {3}) (?:\d+: )?([a-z-]+): /.exec(line) ?? [];
    if (word !== undefined) named.add(word);
  });
  return { isAccepted, named: [...named].sort() };
}

// Mutated proofs of custody: events, receipts with cosigned checkpoints, lines of files, and witness policies, into the
// readers of packages/log and into the verifier that stands alone. Both must say the same of every receipt.
import { readFileSync } from 'node:fs';
import { must } from '@kura/base';
import {
  EVENT_NAMES,
  formatPolicy,
  parseCustodyRecord,
  parsePolicy,
  parseReceiptLine,
  parseVerifierKey,
  type Receipt,
  ReceiptVerifier,
  refusalReason,
  toReceiptLine,
} from '@kura/log';
import { TestLog } from '@kura/log/test-custody.ts';
import { checkReceipts } from '@kura/log/verifier/kura-receipts.mjs';
import type { SeededRandom } from '@kura/testing';
import { type HostileKind, Violation } from './kind.ts';
import { mutateText, mutateValue } from './mutate.ts';
import { type ReadCase, readerKind } from './reader-kind.ts';

const POLICIES = JSON.parse(
  readFileSync(new URL('../../vectors/log/policies.json', import.meta.url), 'utf8'),
) as { readonly example: string; readonly valid: readonly { readonly text: string }[] };

interface Sample {
  readonly log: TestLog;
  readonly receipts: readonly Receipt[];
}

function sampleReceipts(): Sample {
  const log = new TestLog(['w1', 'w2', 'w3']);
  const bodies = [log.snapshotBody(), ...EVENT_NAMES.map((name) => log.eventBody(name))];
  for (const body of bodies) log.appendBody(body);
  return { log, receipts: bodies.map((body, at) => log.receipt(body, at)) };
}

const events = readerKind({
  name: 'custody events',
  share: 4,
  open(): ReadCase {
    const bodies = sampleReceipts().receipts.map(({ body }) => body);
    return (random) => {
      const body = random.pick(bodies);
      const isFields = random.chance(0.6);
      const changed = isFields ? JSON.stringify(mutateValue(random, JSON.parse(body))) : undefined;
      parseCustodyRecord(changed ?? mutateText(random, [body]));
      return undefined;
    };
  },
});

const receipts = readerKind({
  name: 'receipts with witnesses',
  share: 5,
  open(): ReadCase {
    const { log, receipts: samples } = sampleReceipts();
    const policy = log.policy(2);
    const policyText = formatPolicy(policy);
    return (random) => {
      const line = JSON.stringify(mutatedLine(random, random.pick(samples)));
      const given = random.chance(0.1) ? mutateText(random, [line]) : line;
      const own = reasonOf(() => new ReceiptVerifier(policy).verify(parseReceiptLine(given)));
      const alone = reasonAlone(policyText, given);
      if (own === alone) return own === undefined ? 'accepted' : 'refused';
      throw new Violation(`one verifier says ${own}, the other ${alone}`);
    };
  },
});

function mutatedLine(random: SeededRandom, receipt: Receipt): unknown {
  const line = toReceiptLine(receipt);
  const { checkpoint, body, inclusion_proof: proof } = line;
  const choice = random.below(6);
  if (choice === 0) return { ...line, checkpoint: mutateText(random, [checkpoint]) };
  if (choice === 1) return { ...line, body: mutateText(random, [body]) };
  if (choice === 2) return { ...line, leaf_index: random.pick([-1, 1.5, 2 ** 60, '0', null, 3]) };
  if (choice === 3) return { ...line, inclusion_proof: mutateValue(random, proof) };
  if (choice === 4) return mutateValue(random, line);
  return line;
}

function reasonOf(verify: () => unknown): string | undefined {
  try {
    verify();
    return undefined;
  } catch (error) {
    const reason = refusalReason(error);
    if (reason === undefined) throw error;
    return reason;
  }
}

/** The file that stands alone throws nothing of a receipt: it says so and goes on. */
function reasonAlone(policy: string, line: string): string | undefined {
  let reason: string | undefined;
  checkReceipts(policy, [line], (said) => {
    reason ??= /^REFUSED 1: ([a-z]+): /.exec(said)?.[1];
  });
  return reason;
}

const policies = readerKind({
  name: 'witness policies',
  share: 3,
  open(): ReadCase {
    const samples = [POLICIES.example, ...POLICIES.valid.map(({ text }) => text)];
    const [, key = ''] = /witness \S+ (\S+)/.exec(POLICIES.example) ?? [];
    return (random) => {
      if (random.chance(0.3)) parseVerifierKey(mutateText(random, [key]), 'cosignature');
      else {
        const policy = parsePolicy(mutateText(random, samples));
        parsePolicy(formatPolicy(must(policy, 'it was read')));
      }
      return undefined;
    };
  },
});

export const custodyProofKinds: readonly HostileKind[] = [events, receipts, policies];

// The chain of a member's events: one is left out, put elsewhere, or told in two ways. All under a log that is
// signed and witnessed as it should be, because here it is the coordinator that chose what to append and what to
// hand out.
import { must, toHex } from '@kura/base';
import {
  EVENT_NAMES,
  parseCustodyRecord,
  type Receipt,
  ReceiptVerifier,
  recordEntryHash,
} from '@kura/log';
import { TestLog } from '@kura/log/test-custody.ts';
import type { SeededRandom } from '@kura/testing';
import { type AttackKind, pick } from './attack.ts';
import { judgeBoth } from './judge-both.ts';

const WITNESSES = ['w1', 'w2'];

interface Chain {
  readonly log: TestLog;
  readonly bodies: readonly string[];
}

function openChain(random: SeededRandom): Chain {
  const log = new TestLog(WITNESSES);
  const bodies = Array.from({ length: 3 + random.below(20) }, () =>
    log.eventBody(pick(random, EVENT_NAMES)),
  );
  return { log, bodies };
}

/** Appended in this order; the receipts in the order of the chain. */
function appendAll({ log }: Chain, bodies: readonly string[]): Receipt[] {
  const places = bodies.map((body) => [body, log.appendBody(body)] as const);
  return places.map(([body, index]) => log.receipt(body, index));
}

const hashOf = (body: string): string => toHex(recordEntryHash(body, parseCustodyRecord(body)));

/** What is handed out in place of the whole chain. The end may be missing: that is what `heads` remembers. */
const BREAKS: Readonly<Record<string, (chain: Chain, random: SeededRandom) => Receipt[]>> = {
  'one left out': (chain, random) =>
    appendAll(chain, chain.bodies.toSpliced(random.below(chain.bodies.length - 1), 1)),
  'one handed out no more': (chain, random) =>
    appendAll(chain, chain.bodies).toSpliced(random.below(chain.bodies.length - 1), 1),
  'two in the other order': (chain, random) => {
    const at = random.below(chain.bodies.length - 1);
    const [first, second] = [chain.bodies[at], chain.bodies[at + 1]];
    return appendAll(
      chain,
      chain.bodies.with(at, must(second, 'in it')).with(at + 1, must(first, 'in it')),
    );
  },
  'two after the same one': (chain, random) => {
    const before = must(chain.bodies[random.below(chain.bodies.length - 1)], 'in it');
    return appendAll(chain, [...chain.bodies, chain.log.eventBody('settled', hashOf(before))]);
  },
  'a second beginning': (chain) =>
    appendAll(chain, [...chain.bodies, chain.log.eventBody('deleted', null)]),
};

export const brokenChains: AttackKind = {
  name: 'broken chains of events',
  names: new Set(['gap', 'forked', 'misplaced']),
  async attempt(random) {
    const chain = openChain(random);
    const what = pick(random, Object.keys(BREAKS));
    const receipts = must(BREAKS[what], 'it was picked')(chain, random);
    const { isAccepted, named } = judgeBoth(receipts, chain.log.policy(2));
    // A gap alone refuses no receipt; it names what is missing.
    return { what, isAccepted: isAccepted && !named.includes('gap'), named };
  },
  async honest(random) {
    const chain = openChain(random);
    return {
      what: 'a whole chain',
      ...judgeBoth(appendAll(chain, chain.bodies), chain.log.policy(2)),
    };
  },
  /** Each receipt alone is good whatever the chain is. */
  async undefended(random) {
    const chain = openChain(random);
    const verifier = new ReceiptVerifier(chain.log.policy(2));
    const broken = must(BREAKS['two after the same one'], 'it is there')(chain, random);
    for (const receipt of broken) verifier.verify(receipt);
    return { what: 'each receipt alone', isAccepted: true, named: [] };
  },
};

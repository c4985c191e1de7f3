// A log whose operator lies: one history for one victim, another for the other. He has the log's key, may ask every
// witness whatever he likes as often as he likes, and has bought some of them. Both victims want `required` of the
// witnesses; no two such quorums meet in bought ones alone as long as fewer than 2 · required − witnesses are bought.
import { must } from '@kura/base';
import { encodeAddCheckpoint } from '@kura/contract/wire/add-checkpoint.ts';
import { anyOf, cosign, parseNote, type Receipt, type WitnessPolicy } from '@kura/log';
import { keyOf, seedOf, TEST_LOG, TestLog } from '@kura/log/test-custody.ts';
import { ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { KeptCheckpoints } from '@kura/witness/kept-checkpoints.ts';
import { Witness } from '@kura/witness/witness.ts';
import type { AttackKind, Attempt } from './attack.ts';
import { judgeBoth } from './judge-both.ts';

const MOST_WITNESSES = 5;
const STATE = '/state';

/** What the operator asks for a history, from `oldSize`; the signature line, or undefined if it is refused. */
type Ask = (history: TestLog, oldSize: number) => Promise<string | undefined>;

/** Real ones; `judged` gets their own words for what they refused. */
async function openWitness(name: string, judged: string[]): Promise<Ask> {
  const disk = new MemoryDisk();
  await KeptCheckpoints.found({ disk }, STATE);
  const clock = new ManualClock();
  const { publicKey } = keyOf(TEST_LOG);
  const witness = new Witness({
    signer: { name, seed: seedOf(name) },
    kept: KeptCheckpoints.open({ disk, random: new SeededRandom(1) }, STATE),
    logs: () => new Map([[TEST_LOG, { origin: TEST_LOG, publicKey }]]),
    nowMs: () => clock.nowMs(),
    onJudged: (_, kind) => kind !== 'consistent' && judged.push(kind),
  });
  return async (history, oldSize) => {
    const { size } = history.tree;
    const proof = oldSize <= size ? history.tree.consistencyProof(oldSize, size) : [];
    const request = { oldSize, proof, checkpoint: history.checkpoint() };
    const { status, text } = await witness.addCheckpoint(encodeAddCheckpoint(request));
    return status === 200 ? text : undefined;
  };
}

/** It signs whatever it is shown. */
const boughtWitness =
  (name: string): Ask =>
  async (history) =>
    cosign(parseNote(history.checkpoint()).text, { name, seed: seedOf(name) }, 1_000_000);

interface Quorum {
  readonly witnesses: number;
  readonly required: number;
  readonly bought: number;
}

const words = ({ witnesses, required, bought }: Quorum): string =>
  `${required} of ${witnesses}, ${bought} bought`;

/** One that a liar cannot split. */
function soundQuorum(random: SeededRandom): Quorum {
  const witnesses = 1 + random.below(MOST_WITNESSES);
  const least = Math.floor(witnesses / 2) + 1;
  const required = least + random.below(witnesses - least + 1);
  return { witnesses, required, bought: random.below(2 * required - witnesses) };
}

interface Side {
  readonly log: TestLog;
  /** Its last entry, of which the victim has the receipt. */
  readonly body: string;
}

interface Histories {
  /** Entries that both have. */
  readonly common: number;
  readonly sides: readonly [Side, Side];
}

/** Two histories that part after some entries, or at once, and may be of one length. */
function part(random: SeededRandom): Histories {
  const common = random.below(12);
  const grown = random.below(12);
  const sizes = [grown, random.chance(0.5) ? grown : random.below(20)];
  const [one, other] = sizes.map((size, side): Side => {
    const log = new TestLog();
    for (let entry = 0; entry < common; entry++) log.appendBody(log.snapshotBody());
    const next = (): string => (side === 0 ? log.snapshotBody() : log.eventBody('moved', null));
    for (let entry = 0; entry < size; entry++) log.appendBody(next());
    const body = next();
    log.appendBody(body);
    return { log, body };
  });
  return { common, sides: [must(one, 'two sides'), must(other, 'two sides')] };
}

function receiptOf({ log, body }: Side, lines: readonly string[], required: number): Receipt {
  const receipt = log.receipt(body, log.tree.size - 1);
  const checkpoint = receipt.checkpoint + lines.join('');
  return { ...receipt, checkpoint, witnessed: lines.length >= required };
}

/** Everything that an operator can try to get a line: from every size that a witness may have seen last. */
async function tryAll(ask: Ask, { log }: Side, sizes: readonly number[]): Promise<string[]> {
  for (const oldSize of sizes) {
    const line = await ask(log, oldSize);
    if (line !== undefined) return [line];
  }
  return [];
}

interface Split {
  readonly policy: WitnessPolicy;
  /** What each victim is shown. */
  readonly receipts: readonly [Receipt, Receipt];
  /** The witnesses' words for what they refused. */
  readonly judged: readonly string[];
  readonly what: string;
}

async function split(random: SeededRandom, quorum: Quorum): Promise<Split> {
  const { common, sides } = part(random);
  const judged: string[] = [];
  const names = Array.from({ length: quorum.witnesses }, (_, at) => `w${at + 1}`);
  const sizes = [0, common, ...sides.map(({ log }) => log.tree.size)];
  const lines: [string[], string[]] = [[], []];
  for (const [at, name] of names.entries()) {
    const isBought = at < quorum.bought;
    const ask = isBought ? boughtWitness(name) : await openWitness(name, judged);
    // Half of the witnesses hear the one history first, half the other: so the liar gets the most lines for both.
    const order = random.chance(0.5) ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of order) lines[side].push(...(await tryAll(ask, sides[side], sizes)));
  }
  const { required } = quorum;
  const lengths = sides.map(({ log }) => log.tree.size).join(' and ');
  return {
    policy: anyOf(required, { log: keyOf(TEST_LOG), witnesses: names.map(keyOf) }),
    receipts: [receiptOf(sides[0], lines[0], required), receiptOf(sides[1], lines[1], required)],
    judged,
    what: `heads of ${lengths} after ${common} in common, ${words(quorum)}`,
  };
}

/** Accepted is what both victims believe, each alone; the words are those of witnesses and victims. */
async function attempt(random: SeededRandom, quorum: Quorum): Promise<Attempt> {
  const { policy, receipts, judged, what } = await split(random, quorum);
  const verdicts = receipts.map((receipt) => judgeBoth([receipt], policy));
  return {
    what,
    isAccepted: verdicts.every(({ isAccepted }) => isAccepted),
    named: [...judged, ...verdicts.flatMap(({ named }) => named)],
  };
}

export const splitLogs: AttackKind = {
  name: 'equivocating logs',
  names: new Set(['elsewhere', 'forked', 'inconsistent', 'malformed', 'quorum']),
  attempt: (random) => attempt(random, soundQuorum(random)),
  /** Every witness sees the same history grow, and cosigns both of its heads. */
  async honest(random) {
    const log = new TestLog();
    const receipts: Receipt[] = [];
    const judged: string[] = [];
    const names = ['w1', 'w2', 'w3'];
    const asks = await Promise.all(names.map((name) => openWitness(name, judged)));
    for (let round = 0, before = 0; round < 3; round++, before = log.tree.size) {
      for (let entry = random.below(5); entry > 0; entry--) log.appendBody(log.snapshotBody());
      const body = log.snapshotBody();
      log.appendBody(body);
      const lines = await Promise.all(asks.map((ask) => tryAll(ask, { log, body }, [before])));
      receipts.push(receiptOf({ log, body }, lines.flat(), 3));
    }
    const policy = anyOf(3, { log: keyOf(TEST_LOG), witnesses: names.map(keyOf) });
    const { isAccepted, named } = judgeBoth(receipts, policy);
    return { what: 'a log that only grows', isAccepted, named: [...judged, ...named] };
  },
  /** As many bought as any two quorums have in common: then both victims believe, each alone. */
  undefended: (random) => attempt(random, { witnesses: 3, required: 2, bought: 3 }),
};

export const comparedVictims: AttackKind = {
  name: 'split views laid side by side',
  names: new Set(['split-view', 'rewritten']),
  /** All witnesses are bought, but the victims show each other what they were shown. */
  async attempt(random) {
    for (;;) {
      const quorum = { witnesses: 2, required: 2, bought: 2 };
      const { policy, receipts, what } = await split(random, quorum);
      const [one, other] = receipts;
      // Receipts at places and sizes that have nothing in common say nothing about each other.
      if (one.leafIndex !== other.leafIndex) continue;
      return { what, ...judgeBoth(receipts, policy) };
    }
  },
  async honest(random) {
    const log = new TestLog(['w1', 'w2']);
    const bodies = Array.from({ length: 2 + random.below(9) }, () => log.snapshotBody());
    const receipts = bodies.map((body) => log.add(body));
    return { what: 'one history', ...judgeBoth(receipts, log.policy(2)) };
  },
  async undefended(random) {
    const { policy, receipts, what } = await split(random, {
      ...{ witnesses: 2, required: 2, bought: 2 },
    });
    const [one] = receipts;
    return { what, ...judgeBoth([one], policy) };
  },
};

// `npm run equivocation -- --runs N [--seed S]`: attacks on the proofs of custody, one kind after the other: forged
// receipts, logs that show two histories, broken chains of events, rolled-back heads, removed snapshots. None may be
// believed, and each has to be named with a word that fits; receipts are judged by both verifiers, which must agree.
// The same scenes without an attack must be believed, and the same attacks without the defence too, or they are
// none. Ends with one line of figures, and with 1 on a violation.
import { systemClock } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { readOptions } from '../proof/options.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { type AttackKind, type Attempt, faultOf } from './attack.ts';
import { ATTACK_KINDS } from './kinds.ts';

const values = readOptions({
  name: 'equivocation',
  proves:
    'No forged receipt, second history, rolled-back head or removed snapshot is believed, and each is named.',
  options: {
    runs: 'N: attacks, 1,000 unless given',
    seed: 'N: only the attack of this number',
  },
});
const number = wholeNumber('equivocation');
const runs = number(values.runs ?? '1000', '--runs');
const seed = values.seed === undefined ? undefined : number(values.seed, '--seed');

const CANARIES_PER_KIND = 25;
/** More would only repeat the same fault. */
const MAX_SHOWN = 5;

/** A scene without an attack is believed, and an attack without the defence as well. */
async function canaryFault(kind: AttackKind, run: number): Promise<string | undefined> {
  const honest = await kind.honest(new SeededRandom(run));
  if (!honest.isAccepted || honest.named.length > 0) {
    return `${kind.name}: ${honest.what}: an honest one is named ${honest.named.join(', ')}`;
  }
  const undefended = await kind.undefended(new SeededRandom(run));
  if (undefended.isAccepted) return undefined;
  return `${kind.name}: ${undefended.what}: fails without the defence too, so it is no attack`;
}

async function main(): Promise<void> {
  const startedMs = systemClock.elapsedMs();
  const first = seed ?? 1;
  const count = seed === undefined ? runs : 1;
  const faults: string[] = [];
  const words = new Map<string, number>();
  let named = 0;
  for (const kind of ATTACK_KINDS) {
    for (let canary = 1; canary <= CANARIES_PER_KIND; canary++) {
      const fault = await canaryFault(kind, canary);
      if (fault !== undefined) faults.push(fault);
    }
  }
  for (let run = first; run < first + count; run++) {
    const kind = ATTACK_KINDS[run % ATTACK_KINDS.length] as AttackKind;
    const attempt: Attempt = await kind.attempt(new SeededRandom(run));
    const fault = faultOf(kind, attempt);
    if (fault === undefined) named++;
    else faults.push(`--seed ${run}: ${fault}`);
    for (const word of new Set(attempt.named)) words.set(word, (words.get(word) ?? 0) + 1);
  }
  for (const fault of faults.slice(0, MAX_SHOWN)) process.stderr.write(`equivocation: ${fault}\n`);
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1);
  const counted = [...words].sort().map(([word, times]) => `${times} ${word}`);
  const canaries = 2 * CANARIES_PER_KIND * ATTACK_KINDS.length;
  process.stdout.write(
    `equivocation: ${count} attacks of ${ATTACK_KINDS.length} kinds, ${named} refused and named ` +
      `(${counted.join(', ')}), ${canaries} canaries, ${faults.length} violations, in ${seconds} s\n`,
  );
  process.exitCode = faults.length > 0 ? 1 : 0;
}

await main();

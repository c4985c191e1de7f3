// `npm run detection [-- --store-years N] [--seed S]`: losses, single bits and cheats at simulated stores against
// the shipped schedule of audits. Ends with one line of figures, and with 1 if something is found too late, if too
// much is read, or if a canary is not found out.
import { GIB, KIB, MIB, storeId, toHex } from '@kura/base';
import { ratesOf } from '@kura/coordinator/audit/plan/budget.ts';
import { LEAVES_PER_DAY } from '@kura/coordinator/audit/plan/days.ts';
import { ROUND_DAYS } from '@kura/coordinator/audit/plan/rounds.ts';
import { auditSecretOf } from '@kura/coordinator/audit/plan/seeds.ts';
import { SeededRandom } from '@kura/testing';
import { readOptions } from '@kura/tests/proof/options.ts';
import { wholeNumber } from '@kura/tests/proof/whole-number.ts';
import { SimulatedAuditor } from './auditors.ts';
import { CHEATS } from './cheats.ts';
import {
  daysUntilAsked,
  daysUntilTurn,
  LostLeaves,
  placesOf,
  type SimulatedStore,
  somePack,
} from './losses.ts';

const YEAR_DAYS = 365;
/** Two rounds more than a year, for what flips on its last day. */
const DAYS = YEAR_DAYS + 3 * ROUND_DAYS;
const STORES_PER_NETWORK = 100;
const LOSSES_PER_YEAR = 4;
const BITS_PER_YEAR = 12;
const LARGE_SHARE = 0.01;
/** Too small to be found in a day: how often it is shows whether draws are uniform. */
const SMALL_SHARE = 0.001;
const GOAL_MISSES = 1e-6;
const GOAL_DAY_BYTES = 100 * MIB;
const GOAL_BIT_DAYS = 30;
const LEAF_BYTES = 64 * KIB;
/** 1 GiB to 4 TiB. */
const LEAF_COUNTS = [16_384, 200_003, 1_600_000, 16_777_216, 67_108_864];

const values = readOptions({
  name: 'detection',
  proves: 'What stores lose is found in time, by no more reading than was promised.',
  options: {
    'store-years': 'N: simulated years of one store, 10,000 unless given',
    seed: 'N: what chance follows from, 1 unless given',
  },
});
const number = wholeNumber('detection');
const storeYears = number(values['store-years'] ?? '10000', '--store-years');
const random = new SeededRandom(number(values.seed ?? '1', '--seed', 0));

const violations: string[] = [];
const figures = {
  ...{ losses: 0, missed: 0, slowestHours: 0, small: 0, smallFound: 0 },
  ...{ bits: 0, longestBitDays: 0, cheats: 0, canaries: 0 },
};

function fraction(): number {
  return random.below(2 ** 31) / 2 ** 31;
}

function newStore(): SimulatedStore {
  const leafCount = LEAF_COUNTS[random.below(LEAF_COUNTS.length)] ?? 1;
  return { storeId: storeId(toHex(random.bytes(16))), leafCount };
}

function lose(auditor: SimulatedAuditor, store: SimulatedStore, share: number): number | undefined {
  const lost = new LostLeaves(store, share, random);
  const at = fraction() * (YEAR_DAYS - 2);
  return daysUntilAsked(auditor, store, { lost, at, limitDays: 1 });
}

function playLosses(auditor: SimulatedAuditor, store: SimulatedStore): void {
  for (let count = 0; count < LOSSES_PER_YEAR; count++) {
    const days = lose(auditor, store, LARGE_SHARE);
    figures.losses++;
    if (days === undefined) figures.missed++;
    else figures.slowestHours = Math.max(figures.slowestHours, 24 * days);
  }
  figures.small++;
  if (lose(auditor, store, SMALL_SHARE) !== undefined) figures.smallFound++;
}

function playBits(places: readonly (readonly number[])[]): void {
  for (let count = 0; count < BITS_PER_YEAR; count++) {
    const days = daysUntilTurn(places, somePack(random), fraction() * YEAR_DAYS);
    figures.bits++;
    if (days === undefined) violations.push('a flipped bit was never looked at');
    else figures.longestBitDays = Math.max(figures.longestBitDays, days);
  }
}

function playCheats(auditSecret: Uint8Array, shipped: SimulatedAuditor): void {
  for (const { name, canary, play } of CHEATS) {
    const found = play(shipped, newStore(), random);
    figures.cheats++;
    if (found === undefined || found > 1) violations.push(`a store that ${name} was not found`);
    const broken = new SimulatedAuditor(canary, { auditSecret, days: 4 });
    const seen = play(broken, newStore(), random);
    figures.canaries++;
    if (seen !== undefined) violations.push(`the canary "${canary}" found a store that ${name}`);
  }
}

const startMs = performance.now();
for (let left = storeYears; left > 0; left -= STORES_PER_NETWORK) {
  const auditSecret = auditSecretOf(random.bytes(32));
  const auditor = new SimulatedAuditor('shipped', { auditSecret, days: DAYS });
  const places = Array.from({ length: Math.floor(DAYS / ROUND_DAYS) }, (_, round) =>
    placesOf(auditor.slots(round, round * ROUND_DAYS)),
  );
  for (let count = 0; count < Math.min(left, STORES_PER_NETWORK); count++) {
    playLosses(auditor, newStore());
    playBits(places);
  }
  playCheats(auditSecret, auditor);
}

/** Above it the misses are too many to be chance, one run in a million. */
function mostMisses(events: number, probability: number): number {
  const mean = events * probability;
  return Math.ceil(mean + 5 * Math.sqrt(mean) + 1);
}

if (figures.missed > mostMisses(figures.losses, GOAL_MISSES)) {
  violations.push(`${figures.missed} of ${figures.losses} losses were not found in a day`);
}
const wanted = 1 - (1 - SMALL_SHARE) ** LEAVES_PER_DAY;
const deviation = Math.sqrt((wanted * (1 - wanted)) / figures.small);
const share = figures.smallFound / figures.small;
if (Math.abs(share - wanted) > 5 * deviation + 0.01) {
  violations.push(`of small losses ${share.toFixed(3)} were found, not ${wanted.toFixed(3)}`);
}
if (figures.longestBitDays > GOAL_BIT_DAYS) {
  violations.push(`a flipped bit was looked at after ${figures.longestBitDays.toFixed(1)} days`);
}
const storedBytes = 1024 * GIB;
const { leafBytes } = ratesOf({ storedBytes, ledBytes: storedBytes / 2, leafBytes: LEAF_BYTES });
if (leafBytes > GOAL_DAY_BYTES) violations.push('leaves of a day are more than 100 MiB');

for (const violation of violations) process.stderr.write(`detection: ${violation}\n`);
process.stdout.write(
  [
    `detection: ${storeYears} store-years`,
    `${figures.missed} of ${figures.losses} losses of 1 % missed in 24 h`,
    `slowest ${figures.slowestHours.toFixed(1)} h`,
    `0.1 %: ${(100 * share).toFixed(1)} % found in a day (${(100 * wanted).toFixed(1)} % expected)`,
    `${figures.bits} bits, longest ${figures.longestBitDays.toFixed(1)} days`,
    `${figures.cheats} cheats, ${figures.canaries} canaries`,
    `${(leafBytes / MIB).toFixed(1)} MiB of leaves a day`,
    `${((performance.now() - startMs) / 1000).toFixed(0)} s`,
    violations.length === 0 ? 'ok' : `${violations.length} violations`,
  ].join(' · '),
);
process.stdout.write('\n');
process.exitCode = violations.length === 0 ? 0 : 1;

// Goal (A11): parity heals every burst of up to two columns and every loss of two columns, and never heals wrong.
// `npm run parity [-- --damages N] [--seed S]`: all of the former, N random damages (default a million). Ends with
// one line of figures, and with 1 at the first violation, which it names so that it can be seen again.
import { SECOND_MS, systemClock } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { readOptions } from '../proof/options.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { caught } from './canaries.ts';
import { bursts, columnPairs, type Damage, randomDamage } from './damages.ts';
import { judge, type Outcome } from './judge.ts';
import { ShelfFile, type Size } from './shelf-file.ts';

const DEFAULT_DAMAGES = 1_000_000;
/** A short group, a whole one, four. Leaves of two blocks, so that bursts begin in the middle of one as well. */
const SIZES: readonly Size[] = [
  { leafBytes: 8192, leafCount: 16 },
  { leafBytes: 8192, leafCount: 64 },
  { leafBytes: 4096, leafCount: 256 },
];
/** One in so many random damages is of a whole group; the others of a short one, which is faster. */
const WHOLE_GROUP_EVERY = 8;

const values = readOptions({
  name: 'parity',
  proves: 'Parity heals every burst of two columns and every loss of two, and never heals wrong.',
  options: {
    damages: 'N: random damages besides, a million unless given',
    seed: 'N: what chance follows from, 1 unless given',
  },
});
const number = wholeNumber('parity');
const damages = number(values.damages ?? String(DEFAULT_DAMAGES), '--damages', 0);
const seed = number(values.seed ?? '1', '--seed', 0);
const startedMs = systemClock.elapsedMs();

/** Damages, heals, judges and mends. Ends the program at a violation. */
function attempt(file: ShelfFile, name: string, damage: () => void): Outcome {
  damage();
  const { outcome, violation } = judge(file, (it) => it.heal());
  file.mend();
  if (violation === undefined) return outcome;
  const size = `${file.geometry.leafCount} leaves`;
  process.stderr.write(`parity: violation: ${violation}: ${name}, ${size}, --seed ${seed}\n`);
  process.exit(1);
}

const figures = { pairs: 0, bursts: 0, longer: 0, healed: 0, beyond: 0 };
const random = new SeededRandom(seed);
const files: ShelfFile[] = [];
for (const size of SIZES) files.push(await ShelfFile.create(size, random));

for (const file of files) {
  const run =
    (damage: Damage): (() => void) =>
    () =>
      damage(file, random);
  let number = 0;
  for (const damage of columnPairs(file)) {
    if (attempt(file, `pair ${number++}`, run(damage)) === 'healed') figures.pairs++;
  }
  for (const { damage, isPromised } of bursts(file)) {
    const outcome = attempt(file, `burst ${number++}`, run(damage));
    if (outcome === 'healed') figures.bursts++;
    else if (!isPromised) figures.longer++;
    else {
      process.stderr.write(`parity: violation: burst ${number - 1} begins on a leaf, not healed\n`);
      process.exit(1);
    }
  }
}

for (let index = 0; index < damages; index++) {
  const file = files[index % WHOLE_GROUP_EVERY === 0 ? 1 : 0];
  if (file === undefined) break;
  const one = new SeededRandom(seed * DEFAULT_DAMAGES + index);
  const outcome = attempt(file, `damage ${index}`, () => randomDamage(file, one));
  figures[outcome]++;
}

const canaries = files[0] === undefined ? { caught: 0, of: 1 } : caught(files[0]);
const seconds = Math.round((systemClock.elapsedMs() - startedMs) / SECOND_MS);
process.stdout.write(
  `parity: ${figures.pairs} losses of two columns healed, ${figures.bursts} bursts healed, ` +
    `${figures.longer} over five leaves left alone, ${damages} random damages: ` +
    `${figures.healed} healed, ${figures.beyond} beyond parity, 0 healed wrong; ` +
    `${canaries.caught} of ${canaries.of} canaries caught, seed ${seed}, ${seconds} s\n`,
);
if (canaries.caught !== canaries.of) process.exitCode = 1;

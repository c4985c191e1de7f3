// Attacks on the programs of a service: `npm run attacks [-- --only TEXT]`. Names each script with the rows of the
// threat table that it is about and how it was answered, and ends with one line of figures; with exit code 1 if one
// of them got through, or was answered otherwise than it should be.
import { parseArgs } from 'node:util';
import { systemClock } from '@kura/base';
import type { AttackGroup, Played } from './attack.ts';
import { ATTACK_GROUPS } from './groups.ts';

const { only = '' } = parseArgs({ options: { only: { type: 'string' } } }).values;

function show({ rows, name, wanted, answer, isRight }: Played, group: AttackGroup): void {
  const how = isRight ? answer : `${answer}, which should have been: ${wanted}`;
  process.stdout.write(
    `${isRight ? 'ok  ' : 'FAIL'} ${rows.padEnd(8)} ${group.name}: ${name} → ${how}\n`,
  );
}

async function playAll(): Promise<void> {
  const startedMs = systemClock.elapsedMs();
  let played = 0;
  let wrong = 0;
  for (const group of ATTACK_GROUPS.filter(({ name }) => name.includes(only))) {
    await group.play((one) => {
      played++;
      if (!one.isRight) wrong++;
      show(one, group);
    });
  }
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `attacks: ${played} scripts, ${played - wrong} answered as they should be, ` +
      `${wrong} not, in ${seconds} s\n`,
  );
  process.exitCode = wrong > 0 || played === 0 ? 1 : 0;
}

await playAll();

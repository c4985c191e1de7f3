// `npm run replays`: Hokkaido 2018, Florence 2018 and Tohoku 2011 through the whole network. First a check that cannot
// hold: if it is not violated, nothing here can be trusted. Ends with one line of figures, and with 1 on a violation.
import { must } from '@kura/base';
import { DISASTERS, playFile, playManifest, type Seen } from './play.ts';

const NAMES = ['hokkaido-2018', 'florence-2018', 'tohoku-2011'] as const;

/** Nothing can be moved before anything is known. */
const CANARY = {
  sites: { ishikari: [43.19, 141.3], tokyo: [35.68, 139.77], osaka: [34.69, 135.5] },
  network: {
    ...{ home: 'tokyo', stores: ['ishikari', 'tokyo', 'osaka'], copies: 2, packs: 1 },
    initial_copies_at: ['ishikari', 'tokyo'],
  },
  steps: [
    {
      available_at: '2018-09-05T18:08:30Z',
      source: 'store',
      site: 'ishikari',
      utility_power: false,
    },
  ],
  checks: [{ id: 'canary', type: 'copy_added', for: 'every pack', by: '2018-09-05T18:00:00Z' }],
};

function show(name: string, { verdicts }: Seen): void {
  for (const { check, violated, why } of verdicts) {
    process.stdout.write(`${name}: ${violated ? 'VIOLATED' : 'holds'} ${check}: ${why}\n`);
  }
}

async function main(): Promise<number> {
  const [canary] = (await playManifest(CANARY)).verdicts;
  if (must(canary, 'the canary has a verdict').violated === false) {
    process.stderr.write('replays: a check that cannot hold was not violated\n');
    return 1;
  }
  const startMs = performance.now();
  const sums = { steps: 0, moments: 0, packs: 0, added: 0, retired: 0, checks: 0, violated: 0 };
  for (const name of NAMES) {
    const seen = await playFile(DISASTERS, name);
    show(name, seen);
    const { history, verdicts, moments } = seen;
    sums.steps += moments.flatMap(({ heard }) => heard).length;
    sums.moments += moments.length;
    sums.packs += history.packs.length;
    sums.added += history.copies.filter(({ isFirst }) => !isFirst).length;
    sums.retired += history.copies.filter(({ retiredMs }) => retiredMs !== undefined).length;
    sums.checks += verdicts.length;
    sums.violated += verdicts.filter(({ violated }) => violated).length;
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stdout.write(
    `replays: ${NAMES.length} played, ${sums.steps} messages, ${sums.moments} moments; ` +
      `${sums.packs} packs, ${sums.added} copies added, ${sums.retired} retired; ` +
      `${sums.checks} checks, ${sums.violated} violated; ${seconds} s\n`,
  );
  return sums.violated === 0 ? 0 : 1;
}

process.exitCode = await main();

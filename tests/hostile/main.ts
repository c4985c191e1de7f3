// Hostile input by the ten thousand: `npm run hostile [-- --cases N] [--seed S]`. Ends with one line of
// figures, and with exit code 1 at the first violation, whose case it names so that it can be run alone
// (`--case N` with the same seed).
import { parseArgs } from 'node:util';
import { systemClock } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { wholeNumber } from '../proof/whole-number.ts';
import { auditWordKinds } from './audit-words.ts';
import { custodyProofKinds } from './custody-proofs.ts';
import { formatKinds } from './formats.ts';
import { homeFileKinds } from './home-files.ts';
import { interruptedRestores } from './interrupted-restores.ts';
import { type HostileCases, type HostileKind, Violation } from './kind.ts';
import { restoredTrees } from './restored-trees.ts';
import { shelfKinds } from './shelves.ts';
import { smallRecordKinds } from './small-records.ts';

/** Every kind of input that an attacker can reach us with. */
const KINDS: readonly HostileKind[] = [
  restoredTrees,
  interruptedRestores,
  ...formatKinds,
  ...shelfKinds,
  ...smallRecordKinds,
  ...auditWordKinds,
  ...custodyProofKinds,
  ...homeFileKinds,
];

const DEFAULT_CASES = 10_000;
/** Processor time, so that a busy machine is no violation. A case takes milliseconds; so much counts as a hang. */
const MAX_CASE_CPU_MS = 20_000;

interface Figures {
  accepted: number;
  refused: number;
}

const given = parseArgs({
  options: {
    cases: { type: 'string', default: String(DEFAULT_CASES) },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
}).values;
const number = wholeNumber('hostile');
const caseCount = number(given.cases, '--cases', 0);
const seed = number(given.seed, '--seed', 0);
const only = given.case === undefined ? undefined : number(given.case, '--case', 0);

/** One entry per share, dealt in turns, so that a short run has some of each. */
function dealKinds(): HostileKind[] {
  const most = Math.max(...KINDS.map(({ share }) => share));
  const rounds = Array.from({ length: most }, (_, round) =>
    KINDS.filter(({ share }) => share > round),
  );
  return rounds.flat();
}

async function runCase(cases: HostileCases, index: number): Promise<'accepted' | 'refused'> {
  const before = process.cpuUsage();
  const outcome = await cases.run(new SeededRandom(seed * 1_000_003 + index));
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1000;
  if (tookMs > MAX_CASE_CPU_MS) {
    throw new Violation(`took ${Math.round(tookMs)} ms of processor time`);
  }
  return outcome;
}

async function runAll(): Promise<void> {
  const startedMs = systemClock.elapsedMs();
  const dealt = dealKinds();
  const figures = new Map<HostileKind, Figures>(
    KINDS.map((kind) => [kind, { accepted: 0, refused: 0 }]),
  );
  const opened = new Map<HostileKind, HostileCases>(KINDS.map((kind) => [kind, kind.open()]));
  try {
    for (let index = only ?? 0; index < (only === undefined ? caseCount : only + 1); index++) {
      const kind = dealt[index % dealt.length];
      if (kind === undefined) break;
      const cases = opened.get(kind);
      const figure = figures.get(kind);
      if (cases === undefined || figure === undefined) continue;
      try {
        figure[await runCase(cases, index)]++;
      } catch (error) {
        process.stderr.write(`hostile: ${kind.name}, seed ${seed}, case ${index}: violation\n`);
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
        process.exitCode = 1;
        return;
      }
    }
  } finally {
    for (const cases of opened.values()) cases.close();
  }
  const parts = [...figures].map(
    ([{ name }, { accepted, refused }]) => `${name}: ${accepted} accepted, ${refused} refused`,
  );
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `hostile: ${caseCount} cases, seed ${seed}, 0 writes outside, 0 untyped errors ` +
      `(${parts.join('; ')}) in ${seconds} s\n`,
  );
}

await runAll();

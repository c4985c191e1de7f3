// `npm run bench:tables [-- --packs N] [--base N] [--rounds N] [--only TEXT]`: how long each operation on the
// tables takes with many packs in them, and with few: SQLite, and PostgreSQL where it is installed. Both are asked
// in turn, so that whatever else the machine does meets both. Ends with one line of figures, and with 1 if an
// operation takes more than twice as long.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foundTestNetwork } from '@kura/coordinator/fixtures.ts';
import { findPostgres, startPostgres } from '@kura/testing/postgres.ts';
import { fillTables } from './fill.ts';
import { OPERATIONS, type Operation, Subject } from './operations.ts';

const MAX_RATIO = 2;
const STORES = 8;
const WARM_UPS = 3;

const { values } = parseArgs({
  options: {
    packs: { type: 'string', default: '200000' },
    base: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '25' },
    only: { type: 'string', default: '' },
  },
});
const [many, few, rounds] = [Number(values.packs), Number(values.base), Number(values.rounds)];

const operations = OPERATIONS.filter(({ name }) => name.includes(values.only));

interface Kind {
  readonly name: string;
  /** Where new tables are made. */
  readonly place: (name: string) => string;
  readonly close: () => Promise<void>;
}

interface Row {
  readonly operation: Operation;
  readonly fewMs: number;
  readonly manyMs: number;
}

async function subjectOf(kind: Kind, count: number): Promise<Subject> {
  const network = await foundTestNetwork({ path: kind.place(`${count}`), storeCount: STORES });
  return new Subject(network, await fillTables(network, count));
}

async function timed(operation: Operation, subject: Subject): Promise<number> {
  const startedMs = performance.now();
  await operation.run(subject);
  return performance.now() - startedMs;
}

/** Of each round one time with few and one with many, in turn; the fastest of each had least in its way. */
async function measure(operation: Operation, small: Subject, large: Subject): Promise<Row> {
  const fewMs: number[] = [];
  const manyMs: number[] = [];
  for (let round = -WARM_UPS; round < rounds; round++) {
    const times = [await timed(operation, small), await timed(operation, large)] as const;
    if (round < 0) continue;
    fewMs.push(times[0]);
    manyMs.push(times[1]);
  }
  return { operation, fewMs: Math.min(...fewMs), manyMs: Math.min(...manyMs) };
}

async function measureAll(kind: Kind): Promise<readonly Row[]> {
  const small = await subjectOf(kind, few);
  const large = await subjectOf(kind, many);
  try {
    const measured: Row[] = [];
    for (const operation of operations) {
      const row = await measure(operation, small, large);
      measured.push(row);
      const ratio = row.manyMs / row.fewMs;
      const { unjudged } = operation;
      const note = unjudged === undefined ? '' : ` (not judged: ${unjudged})`;
      process.stdout.write(
        `${kind.name.padEnd(10)} ${operation.name.padEnd(46)} ${row.fewMs.toFixed(2).padStart(8)} ms ` +
          `${row.manyMs.toFixed(2).padStart(8)} ms  × ${ratio.toFixed(2)}${note}\n`,
      );
    }
    return measured;
  } finally {
    small.network.coordinator.close();
    large.network.coordinator.close();
    await kind.close();
  }
}

async function sqlite(): Promise<Kind> {
  const folder = mkdtempSync(join(tmpdir(), 'kura-tables-'));
  return {
    name: 'SQLite',
    place: (name) => join(folder, `${name}.db`),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

async function postgres(): Promise<Kind> {
  const server = await startPostgres();
  return {
    name: 'PostgreSQL',
    place: () => server.newDatabase(),
    close: () => server.close(),
  };
}

const hasPostgres = findPostgres() !== undefined;
if (!hasPostgres) process.stderr.write('bench:tables: PostgreSQL is not installed\n');
const worst: string[] = [];
let violations = 0;
for (const open of [sqlite, ...(hasPostgres ? [postgres] : [])]) {
  const kind = await open();
  const judged = (await measureAll(kind)).filter(
    ({ operation }) => operation.unjudged === undefined,
  );
  const ratios = judged.map((row) => ({ row, ratio: row.manyMs / row.fewMs }));
  const [slowest] = ratios.toSorted((a, b) => b.ratio - a.ratio);
  violations += ratios.filter(({ ratio }) => ratio > MAX_RATIO).length;
  if (slowest !== undefined) {
    worst.push(
      `${kind.name} × ${slowest.ratio.toFixed(2)} at most (${slowest.row.operation.name})`,
    );
  }
}
process.stdout.write(
  `bench:tables: ${operations.length} operations, ${many} packs against ${few}: ${worst.join(', ')}; ` +
    `${violations} above ${MAX_RATIO}\n`,
);
process.exitCode = violations > 0 ? 1 : 0;

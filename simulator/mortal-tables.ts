// The coordinator's tables as one process sees them. SQLite is trusted to be atomic and durable; what is
// tried here is a process that ends before a transaction, inside it (then it is undone), or after it
// (then it counts, and nobody was told).
import type { CoordinatorDatabase, CoordinatorTables } from '@kura/coordinator';
import type { Work } from '@kura/database';
import type { Life } from './life.ts';

const BEGINS = { transact: 'begin of a transaction', read: 'begin of a look' } as const;

export function mortalTables(tables: CoordinatorDatabase, life: Life): CoordinatorDatabase {
  const run = async <Result>(
    kind: 'transact' | 'read',
    work: Work<CoordinatorTables, Result>,
  ): Promise<Result> => {
    await life.yield();
    life.step(BEGINS[kind], kind);
    const result = await tables[kind](async (rows) => {
      const inner = await work(rows);
      life.check();
      return inner;
    });
    if (kind === 'transact') life.step('end of a transaction', kind);
    return result;
  };
  return {
    path: tables.path,
    capabilities: tables.capabilities,
    get kysely() {
      life.step('query', '');
      return tables.kysely;
    },
    transact: (work) => run('transact', work),
    read: (work) => run('read', work),
    checkIntegrity: () => tables.checkIntegrity(),
    close: () => undefined,
  };
}

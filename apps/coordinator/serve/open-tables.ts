// The tables of a service, by the one line that its programs have for them.
import { openDatabase } from '@kura/database';
import { MIGRATIONS } from '../db/migrations/index.ts';
import type { CoordinatorDatabase, CoordinatorTables } from '../db/tables.ts';

/** `url`: a file, or "postgres://…". Throws what `openDatabase` throws. */
export function openServiceTables(url: string): Promise<CoordinatorDatabase> {
  return openDatabase<CoordinatorTables>({ path: url, migrations: MIGRATIONS });
}

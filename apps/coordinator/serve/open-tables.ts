// The tables of a service, by the one line that its programs have for them, and the network that they are of.
import type { Clock, Random } from '@kura/base';
import { openDatabase } from '@kura/database';
import { MIGRATIONS } from '../db/migrations/index.ts';
import type { CoordinatorDatabase, CoordinatorTables } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { openNetworkTables } from '../open.ts';

/** `url`: a file, or "postgres://…". Throws what `openDatabase` throws. */
export function openServiceTables(url: string): Promise<CoordinatorDatabase> {
  return openDatabase<CoordinatorTables>({ path: url, migrations: MIGRATIONS });
}

/** What `make` makes of the network, which it closes in the end; if it fails, nothing is left open. */
export async function withServiceNetwork<Made>(
  url: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  make: (network: Network) => Made | Promise<Made>,
): Promise<Made> {
  const database = await openServiceTables(url);
  try {
    return await make(await openNetworkTables({ database, clock, random }));
  } catch (error) {
    database.close();
    throw error;
  }
}

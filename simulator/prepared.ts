// What every seed begins with, made once per process: the member's keys and devices, stores that were founded
// and never used, and a database with empty tables. They are the same in every seed and no accident can happen
// while they are made, so making them again would prove nothing.
import { must, SMALL_SHAPE } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import { ed25519PublicKey } from '@kura/contract';
import {
  type CoordinatorDatabase,
  type CoordinatorTables,
  findCity,
  MIGRATIONS,
  storePlaceOf,
} from '@kura/coordinator';
import { SUITES } from '@kura/copy-seal';
import { IN_MEMORY, openDatabase } from '@kura/database';
import {
  type DeviceKey,
  deriveMemberKeys,
  type MemberKeys,
  newDevice,
  newRoot,
} from '@kura/member-seal';
import { foundShelf } from '@kura/store';
import { shelfPaths } from '@kura/store/shelf/layout.ts';
import { ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { rememberCrypto } from './remembered-crypto.ts';
import { reuseMemories } from './reused-memory.ts';

rememberCrypto();
reuseMemories();

const ROOT_SEED = 1;
const DEVICE_SEED = 1000;
const STORE_SEED = 2000;
const CITIES = ['frankfurt', 'seoul', 'osaka', 'ishikari', 'singapore', 'sydney'];

export const SHAPE = SMALL_SHAPE;

export const memberKeys: MemberKeys = deriveMemberKeys(newRoot(new SeededRandom(ROOT_SEED)));

const devices: DeviceKey[] = [];

/** The member's first device, or the next one after a total loss. */
export function preparedDevice(index: number): DeviceKey {
  const random = new SeededRandom(DEVICE_SEED + index);
  devices[index] ??= newDevice({ ownerSeed: memberKeys.ownerSeed, random });
  return devices[index];
}

export interface PreparedStore {
  /** A disk of its own, with nothing on it but an empty store in `folder`. */
  readonly medium: MemoryDisk;
  readonly identity: StoreIdentity;
}

const stores = new Map<string, PreparedStore>();

export async function preparedStore(index: number, folder: string): Promise<PreparedStore> {
  const known = stores.get(folder) ?? (await found(index, folder));
  stores.set(folder, known);
  return { medium: known.medium.copy(), identity: known.identity };
}

async function found(index: number, folder: string): Promise<PreparedStore> {
  const medium = new MemoryDisk();
  medium.makeFolder('/mnt');
  await medium.syncFolder('/');
  const identity = await foundShelf({
    disk: medium,
    folder,
    place: storePlaceOf(findCity(must(CITIES[index % CITIES.length], 'a city'))),
    suite: String(must(SUITES[index % SUITES.length], 'a suite')),
    shape: SHAPE,
    ownerKeys: new Map([[memberKeys.memberId, memberKeys.ownerKey]]),
    coordinatorKey: ed25519PublicKey(memberKeys.embeddedNetworkSecret),
    random: new SeededRandom(STORE_SEED + index),
    clock: new ManualClock(),
    processId: 1,
  });
  // Names in `incoming` that were unlinked: the next receive leaves some again, for a power cut to bring back.
  await medium.syncFolder(shelfPaths(folder).incoming);
  return { medium, identity };
}

const MIGRATIONS_TABLE = 'kura_migrations';

interface SchemaTable {
  readonly rowid: number;
  readonly type: string;
  readonly name: keyof CoordinatorTables | typeof MIGRATIONS_TABLE;
}

let idle: CoordinatorDatabase | undefined;

/** Tables without a row. Give them back when nobody works on them any more. */
export async function takeTables(): Promise<CoordinatorDatabase> {
  const known = idle;
  idle = undefined;
  if (known === undefined) {
    return openDatabase<CoordinatorTables>({ path: IN_MEMORY, migrations: MIGRATIONS });
  }
  await emptyTables(known);
  return known;
}

export async function emptyTables(database: CoordinatorDatabase): Promise<void> {
  await database.transact(async (rows) => {
    const everything = rows.withTables<{ sqlite_schema: SchemaTable }>();
    // Whatever refers to a table was created after it.
    const tables = await everything
      .selectFrom('sqlite_schema')
      .select('name')
      .where('type', '=', 'table')
      .orderBy('rowid', 'desc')
      .execute();
    for (const { name } of tables) {
      if (name !== MIGRATIONS_TABLE) await rows.deleteFrom(name).execute();
    }
  });
}

export function giveTables(database: CoordinatorDatabase): void {
  idle?.close();
  idle = database;
}

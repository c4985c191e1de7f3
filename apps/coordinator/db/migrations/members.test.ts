// Tables of an embedded network from before there were many members keep every row, under its one member.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memberId, packId, SMALL_SHAPE, snapshotId } from '@kura/base';
import { type Migration, openDatabase } from '@kura/database';
import { sql } from 'kysely';
import { CountedRandom, HandClock, HandProcesses, openTestDatabase } from '../../fixtures.ts';
import { readUsage } from '../../members/usage.ts';
import { openCoordinator } from '../../open.ts';
import { MIGRATIONS } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kura-migrations-'));
after(() => rmSync(folder, { recursive: true }));

const MEMBER = memberId('ab'.repeat(16));
const PACK = packId('12'.repeat(32));
const GONE = packId('34'.repeat(32));
const SNAPSHOT = snapshotId('56'.repeat(32));
const STORE = 'cd'.repeat(16);

const ROWS = [
  `insert into network values (1, '${MEMBER}', '${JSON.stringify(SMALL_SHAPE)}', 1, 0,
     'kura.embedded/${MEMBER}', x'00', 41)`,
  `insert into members values ('${MEMBER}', 'own', 0, 2, 'tokyo', 35.7, 139.7, 'jp-east')`,
  `insert into stores values ('${STORE}', 1, x'00', 'chacha20', 1, 'osaka', 34.7, 135.5, 'jp-west',
     'active', '/shelf', 0.01, 1000, 1, null)`,
  `insert into packs values ('${PACK}', 16, 'marked', 7, 70, 60)`,
  `insert into dropped_packs values ('${GONE}', 50)`,
  `insert into copies values ('${PACK}', '${STORE}', '${'78'.repeat(32)}', x'01', 'held', 'why',
     null, null)`,
  `insert into sessions values ('${'9a'.repeat(16)}', 'backup', 40, 5, 'here', 'one', '1', 7, '5')`,
  `insert into journal values ('${'9a'.repeat(16)}', 'backup', 40, 5, null, 'running', '{}')`,
  `insert into snapshots values ('${SNAPSHOT}', '${PACK}', null, 9, 0, 30)`,
  `insert into receipts values ('${SNAPSHOT}', 0, 'body', '', 'checkpoint')`,
];

async function oldTables(path: string): Promise<void> {
  const migrations: readonly Migration[] = MIGRATIONS.slice(0, 2);
  const database = await openDatabase<object>({ path, migrations });
  for (const row of ROWS) await sql.raw(row).execute(database.kysely);
  database.close();
}

test('rows of an older network are there after the migration, under its member', async () => {
  const path = join(folder, 'network.db');
  await oldTables(path);
  const database = await openTestDatabase(path);
  const coordinator = await openCoordinator({
    ...{ database, clock: new HandClock(), random: new CountedRandom('old') },
    processes: new HandProcesses(),
  });
  const row = await coordinator.pack(PACK);
  assert.equal(row?.state, 'marked');
  assert.deepEqual(
    row?.copies.map((copy) => copy.storeId),
    [STORE],
  );
  assert.deepEqual(
    (await coordinator.snapshots()).map(({ snapshotId: id }) => id),
    [SNAPSHOT],
  );
  assert.equal((await coordinator.receipt(SNAPSHOT))?.body, 'body');
  assert.equal((await coordinator.journal())[0]?.outcome, 'running');
  const of = { rows: database.kysely, memberId: MEMBER };
  assert.deepEqual(await readUsage(of), { packs: 1, leaves: 16, claimedLeaves: 0, snapshots: 1 });
  const dropped = await database.kysely.selectFrom('dropped_packs').selectAll().execute();
  assert.deepEqual(
    dropped.map((gone) => [gone.member_id, gone.pack_id, gone.dropped_ms]),
    [[MEMBER, GONE, 50]],
  );
  const session = await coordinator.beginSession('backup');
  const sessions = await coordinator.sessions();
  const begun = sessions.find((living) => living.sessionId === session);
  assert.equal(begun?.beganAt, 42, 'ticks go on where they were');
  coordinator.close();
});

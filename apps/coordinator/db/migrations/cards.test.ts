// Members who joined before cards stood among devices find theirs there, under the id that it would have got.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memberId } from '@kura/base';
import { openDatabase } from '@kura/database';
import { sql } from 'kysely';
import { cardIdOf } from '../../accounts/cards.ts';
import { openTestDatabase } from '../../fixtures.ts';
import { cards } from './009-cards.ts';
import { MIGRATIONS } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kura-migrations-'));
after(() => rmSync(folder, { recursive: true }));
const MEMBER = memberId('ab'.repeat(16));
const KEY_HASH = new Uint8Array(32).fill(0xc1).fill(7, 8);

test('A17: the card that a member joined with is one of their devices', async () => {
  const path = join(folder, 'network.db');
  const before = await openDatabase<object>({
    path,
    migrations: MIGRATIONS.slice(0, MIGRATIONS.indexOf(cards)),
  });
  const hash = sql`${KEY_HASH}`;
  await sql`insert into members (member_id, member_since_ms, own_level, home_name, home_lat, home_lon,
    home_power_area, state, ticks, card_key_hash)
    values (${MEMBER}, 5, 1, 'tokyo', 35.7, 139.7, 'jp-east', 'active', 0, ${hash})`.execute(
    before.kysely,
  );
  before.close();
  const database = await openTestDatabase(path);
  const rows = await database.kysely.selectFrom('devices').selectAll().execute();
  assert.deepEqual(
    rows.map((row) => [row.member_id, row.device_id, row.kind, row.added_ms, row.revoked_ms]),
    [[MEMBER, cardIdOf(KEY_HASH), 'card', 5, null]],
  );
  database.close();
});

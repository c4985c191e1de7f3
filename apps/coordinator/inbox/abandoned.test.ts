// Goal: of a backup whose device vanished its member hears (row C12).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionId } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import {
  beginSession,
  DEVICE_HOST,
  livingSessions,
  SESSION_LEASE_MS,
} from '../sessions/sessions.ts';
import { readInbox } from './inbox.ts';

test('C12: a backup that is given up is told once; of other sessions nothing is', async () => {
  const { database, coordinator, clock, processes } = await foundTestNetwork();
  const { memberId } = coordinator;
  const worker = { host: `${DEVICE_HOST}d1`, boot: '', pidSpace: '', pid: 0, started: '' };
  const context = (rows: typeof database.kysely) => ({
    ...{ rows, memberId, processes, worker },
    nowMs: clock.now,
  });
  await transact(database, async (rows) => {
    const [backup, restore] = ['11', '22'].map((byte) => sessionId(byte.repeat(16)));
    assert.ok(backup !== undefined && restore !== undefined);
    await beginSession(context(rows), { sessionId: backup, kind: 'backup' });
    await beginSession(context(rows), { sessionId: restore, kind: 'restore' });
  });
  const look = () => transact(database, (rows) => livingSessions(context(rows)));
  assert.equal((await look()).length, 2);
  clock.now += SESSION_LEASE_MS + 1;
  assert.equal((await look()).length, 0);
  await look();
  const messages = await readInbox({ rows: database.kysely, memberId }, { after: 0, limit: 10 });
  assert.deepEqual(
    messages.map(({ kind, body }) => [kind, JSON.parse(body).device]),
    [['failed', 'd1']],
  );
});

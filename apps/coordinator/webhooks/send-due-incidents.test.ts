// Goal: what members are told of incidents goes to the operator's program once, or five times in vain, and nothing
// else does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import { tell } from '../inbox/inbox.ts';
import { RETRY_MS } from '../mail/outbox.ts';
import type { Hook } from './call-out.ts';
import { sendDueIncidents } from './send-due-incidents.ts';

async function scene() {
  const { database, coordinator, clock } = await foundTestNetwork();
  const { memberId } = coordinator;
  const sent: { delivery: string; body: string }[] = [];
  const state: { fails: KuraError | undefined } = { fails: undefined };
  const hook: Hook = {
    networkId: 'ee'.repeat(16),
    nowMs: () => clock.now,
    call: async (message) => {
      sent.push(message);
      if (state.fails !== undefined) throw state.fails;
    },
  };
  const write = (kind: 'incident' | 'stored') =>
    transact(database, (rows) =>
      tell({ rows, memberId }, { kind, body: { verdict: 'decay', copies: 2 }, nowMs: clock.now }),
    );
  const send = () =>
    sendDueIncidents({ rows: database.kysely, transact: (work) => transact(database, work) }, hook);
  return { write, send, sent, state, clock };
}

test('A13: an incident is sent once, with what its member is told', async () => {
  const { write, send, sent } = await scene();
  await write('stored');
  await write('incident');
  assert.equal(await send(), 1);
  assert.equal(await send(), 0);
  assert.equal(sent.length, 1);
  const message = JSON.parse(sent[0]?.body ?? '') as Record<string, unknown>;
  assert.deepEqual(message.facts, { verdict: 'decay', copies: 2 });
  assert.equal(message.number, 2);
  assert.match(sent[0]?.delivery ?? '', /\.2@(?:ee){16}$/);
});

test('A13: a program that is away is asked five times, one that refuses once', async () => {
  const { write, send, sent, state, clock } = await scene();
  await write('incident');
  state.fails = new KuraError('unreachable', 'nobody there');
  for (const waitMs of [0, ...RETRY_MS]) {
    clock.now += waitMs;
    await send();
    await send();
  }
  assert.equal(sent.length, 1 + RETRY_MS.length);
  assert.equal(new Set(sent.map(({ delivery }) => delivery)).size, 1);
  await write('incident');
  state.fails = new KuraError('refused', 'gone');
  await send();
  clock.now += RETRY_MS[0] ?? 0;
  await send();
  assert.equal(sent.length, 2 + RETRY_MS.length);
});

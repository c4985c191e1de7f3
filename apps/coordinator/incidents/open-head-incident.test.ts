// Goal: what a device was shown instead of the history that it knows is told to its member once, and only if it has
// signed it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, type DeviceId, KuraError, toHex, utf8 } from '@kura/base';
import { transact } from '@kura/database';
import { canonicalJson, ed25519PublicKey, type JsonValue, signEd25519 } from '@kura/log';
import { foundTestNetwork } from '../fixtures.ts';
import { readInbox } from '../inbox/inbox.ts';
import { openHeadIncident } from './open-head-incident.ts';

const SEED = new Uint8Array(32).fill(9);
const KIND = 'kura/1 history incident';

async function scene() {
  const { database, coordinator, clock } = await foundTestNetwork();
  const { memberId } = coordinator;
  await database.kysely
    .insertInto('devices')
    .values({
      ...{ member_id: memberId, device_id: 'ab'.repeat(16) as DeviceId, kind: 'device' },
      ...{ public_key: ed25519PublicKey(SEED), name: 'laptop', added_ms: 1, revoked_ms: null },
    })
    .execute();
  const finding = {
    kind: 'older',
    snapshotId: '12'.repeat(32),
    namedBy: null,
    known: null,
    receipt: null,
  };
  const body = {
    ...{ kind: KIND, memberId, deviceKey: toHex(ed25519PublicKey(SEED)), madeMs: clock.now },
    ...{ ownerSignature: '00'.repeat(64), log: 'kura.network/x', findings: [finding] },
    known: { heads: 3, checkpoint: null },
    shown: { heads: 2, newest: null, newestLeaf: null },
  };
  const report = (said: { readonly [name: string]: JsonValue }, seed = SEED) => {
    const signature = signEd25519(concatBytes(utf8(`${KIND}\n`), utf8(canonicalJson(said))), seed);
    const evidence = canonicalJson({ body: said, signature: toHex(signature) });
    const { random } = coordinator.entire;
    return transact(database, (rows) =>
      openHeadIncident({ rows, memberId }, { evidence }, { nowMs: clock.now, random }),
    );
  };
  const inbox = () => readInbox({ rows: database.kysely, memberId }, { after: 0, limit: 10 });
  return { body, report, inbox };
}

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

test('A12: a history that a device was not shown is told once, in two languages', async () => {
  const { body, report, inbox } = await scene();
  const first = await report(body);
  assert.equal(await report({ ...body, madeMs: body.madeMs + 1 }), first, 'seen again');
  const messages = await inbox();
  assert.equal(messages.length, 1);
  assert.match(String(messages[0]?.body), /another history than it knows: 1 of its snapshots/);
  assert.match(String(messages[0]?.body), /スナップショット1件/);
});

test('A12: what no device of the member has signed opens nothing', async () => {
  const { body, report, inbox } = await scene();
  await assert.rejects(report(body, new Uint8Array(32).fill(8)), isRefused);
  const stranger = new Uint8Array(32).fill(7);
  const foreign = { ...body, deviceKey: toHex(ed25519PublicKey(stranger)) };
  await assert.rejects(report(foreign, stranger), isRefused);
  await assert.rejects(report({ ...body, memberId: 'cd'.repeat(16) }), isRefused);
  await assert.rejects(report({ ...body, findings: [] }), isRefused);
  assert.equal((await inbox()).length, 0);
});

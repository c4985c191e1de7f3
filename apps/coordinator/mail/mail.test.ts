// Goal: what the network tells goes out by mail as well, five times at the most, and stays in the inbox whatever
// becomes of the mail (row C12).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KuraError, must } from '@kura/base';
import { transact } from '@kura/database';
import { anyOf, ReceiptVerifier } from '@kura/log';
import { appendEvent, type NewEvent } from '../custody/log-events.ts';
import { logSigner } from '../custody/log-key.ts';
import { foundTestNetwork, NETWORK_SECRET } from '../fixtures.ts';
import { noteRead, readInbox, tell } from '../inbox/inbox.ts';
import { bodyText, writeLetter } from './message.ts';
import { type Outbox, RETRY_MS } from './outbox.ts';
import { MAX_LETTERS, type Post, sendDueMail } from './send-due.ts';

async function network(mailAddress: string | null = 'grace@example.org') {
  const made = await foundTestNetwork();
  const { database, coordinator, clock } = made;
  const { memberId } = coordinator;
  await database.kysely.updateTable('members').set({ mail_address: mailAddress }).execute();
  const sent: { to: string; message: string }[] = [];
  const state: { fails: KuraError | undefined } = { fails: undefined };
  const post: Post = {
    from: 'kura@example.org',
    networkId: 'ee'.repeat(16),
    nowMs: () => clock.now,
    send: async (mail) => {
      if (state.fails !== undefined) throw state.fails;
      sent.push(mail);
    },
  };
  const write = (files: number) =>
    transact(database, (rows) =>
      tell({ rows, memberId }, { kind: 'stored', body: { files }, nowMs: clock.now }),
    );
  const rows = () => database.kysely.selectFrom('mail').selectAll().execute();
  const of = { rows: database.kysely, memberId };
  const box: Outbox = { rows: of.rows, transact: (work) => transact(database, work) };
  return { box, clock, sent, state, post, write, rows, of, network: made };
}

test('C12: a message is in the inbox, and goes out by mail once', async () => {
  const { box, sent, post, write, of, clock } = await network();
  await write(7);
  assert.equal(await sendDueMail(box, post), 1);
  assert.equal(await sendDueMail(box, post), 0);
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['grace@example.org'],
  );
  const [message] = await readInbox(of, { after: 0, limit: 10 });
  assert.deepEqual([message?.number, message?.kind, message?.body], [1, 'stored', '{"files":7}']);
  await noteRead(of, { upTo: 1, nowMs: clock.now });
  await write(8);
  const all = await readInbox(of, { after: 0, limit: 10 });
  assert.deepEqual(
    all.map(({ number, readMs }) => [number, readMs !== undefined]),
    [
      [1, true],
      [2, false],
    ],
  );
  assert.equal((await readInbox(of, { after: 1, limit: 10 })).length, 1);
  const readMs = clock.now;
  clock.now += 1000;
  await noteRead(of, { upTo: 2, nowMs: clock.now });
  assert.deepEqual(
    (await readInbox(of, { after: 0, limit: 10 })).map((one) => one.readMs),
    [readMs, readMs + 1000],
  );
});

test('C12: a relay that is away is asked again, five times within a day', async () => {
  const { box, clock, sent, state, post, write, rows } = await network();
  await write(1);
  state.fails = new KuraError('unreachable', 'the relay is away');
  const beganMs = clock.now;
  let asked = 0;
  const counting: Post = {
    ...post,
    send: (mail) => {
      asked++;
      return post.send(mail);
    },
  };
  for (const [tried, waitMs] of [0, ...RETRY_MS].entries()) {
    clock.now += waitMs - 1;
    await sendDueMail(box, counting);
    assert.equal(asked, tried);
    clock.now += 1;
    await sendDueMail(box, counting);
    assert.equal(asked, tried + 1);
  }
  assert.equal(asked, 5);
  assert.ok(clock.now - beganMs <= DAY_MS);
  const [row] = await rows();
  assert.deepEqual([row?.tries, row?.next_ms, row?.why], [5, null, 'the relay is away']);
  assert.equal(sent.length, 0);
});

test('C12: an address that the relay refuses is not tried again', async () => {
  const { box, state, post, write, rows } = await network();
  await write(1);
  state.fails = new KuraError('refused', '550 nobody');
  await sendDueMail(box, post);
  assert.deepEqual(
    (await rows()).map(({ tries, next_ms }) => [tries, next_ms]),
    [[1, null]],
  );
});

test('C12: who has no address gets no mail, and one step sends a bounded number', async () => {
  const silent = await network(null);
  await silent.write(1);
  assert.equal((await silent.rows()).length, 0);
  const busy = await network();
  for (let count = 0; count < MAX_LETTERS + 1; count++) await busy.write(count);
  assert.equal(await sendDueMail(busy.box, busy.post), MAX_LETTERS);
  assert.equal(await sendDueMail(busy.box, busy.post), 1);
});

test('A16: what a message is about comes with it as a file that proves it', async () => {
  const { box, sent, post, of, clock, network: made } = await network();
  const { coordinator, random, database } = made;
  const signer = logSigner(NETWORK_SECRET, coordinator.charter.log.origin);
  const subject = { statement: 'ab'.repeat(32) };
  const writing = { signer, random, nowMs: clock.now };
  const event: NewEvent = { event: 'settled', subject, about: 'November' };
  const { number } = await transact(database, async (rows) => {
    const own = { ...of, rows };
    const logged = await appendEvent(own, event, writing);
    await tell(own, { kind: 'moved', body: { number: logged.number }, nowMs: clock.now });
    return logged;
  });
  assert.equal(await sendDueMail(box, post), 1);
  const message = must(sent[0], 'a letter').message;
  const boundary = must(/boundary="([^"]+)"/.exec(message)?.[1], 'a boundary');
  const [, text = '', file = '', end] = message.split(`--${boundary}`);
  assert.equal(end, '--\r\n');
  assert.match(text, /Content-Type: text\/plain/);
  assert.match(file, new RegExp(`filename="event-${number}\\.json"`));
  const encoded = file.split('\r\n\r\n')[1] ?? '';
  const receipt = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  const { origin, publicKey } = coordinator.charter.log;
  const log = { name: origin, publicKey };
  const { record } = new ReceiptVerifier(anyOf(0, { log, witnesses: [] })).verify(receipt);
  assert.ok(record.kind === 'event' && record.event.event === 'settled');
});

test('a letter cannot be broken out of: whatever is in it, its head stays as it is', () => {
  const letter = {
    from: 'kura@example.org',
    to: 'grace@example.org',
    kind: 'device' as const,
    body: JSON.stringify({ added: 'x\r\n.\r\nMAIL FROM:<evil>', name: '日本' }),
    madeMs: Date.UTC(2026, 10, 21),
    messageId: '1@kura',
  };
  const text = writeLetter(letter);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  assert.match(head, /^From: Kura <kura@example\.org>\r\nTo: <grace@example\.org>\r\nSubject: /);
  assert.match(head, /Date: Sat, 21 Nov 2026 00:00:00 \+0000\r\n/);
  assert.ok(/^[A-Za-z0-9+/=\r\n]*$/.test(body));
  const decoded = Buffer.from(body, 'base64').toString('utf8');
  assert.ok(decoded.startsWith(bodyText(letter.body)));
  assert.ok(text.split('\r\n').every((line) => line.length <= 78));
});

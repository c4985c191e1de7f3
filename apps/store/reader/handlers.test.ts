// Goal: a reader gives a copy to whoever was given the right to it, and to nobody else (A17, A21, B1).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CopyId,
  equalBytes,
  KuraError,
  type MemberId,
  MINUTE_MS,
  SMALL_SHAPE,
} from '@kura/base';
import {
  ed25519PublicKey,
  grantWord,
  NO_REVOCATIONS,
  RevocationList,
  signGrant,
  signTicket,
  type Ticket,
  ticketWord,
} from '@kura/contract';
import { decodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import { loadNative } from '@kura/native';
import { ManualAlarmClock, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import type { BodySource } from '@kura/wire/body.ts';
import type { Caller } from '@kura/wire/server/caller.ts';
import { FOLDER, foundTestShelf, openTestShelf } from '../test-shelf.ts';
import { readerHandlers } from './handlers.ts';
import { openShelfForReading, type ReadableShelf } from './open-shelf.ts';

const TICKET_SEED = new Uint8Array(32).fill(4);
const STATEMENT = new Uint8Array(125).fill(1);
const MY_KEY = new Uint8Array(32).fill(1);
const OTHER_KEY = new Uint8Array(32).fill(2);

function withKey(keyHash: Uint8Array): Caller {
  const refusal = new KuraError('refused', 'self-made');
  return { kind: 'self-made', address: '10.0.0.1', keyHash, refusal };
}

async function bytesOf(source: BodySource): Promise<Uint8Array> {
  if ('bytes' in source) return source.bytes;
  const parts: Uint8Array[] = [];
  for await (const part of source.stream) parts.push(part.slice());
  return Buffer.concat(parts);
}

interface Asking {
  readonly copy: CopyId;
  readonly word?: string;
  readonly caller?: Caller;
  readonly range?: { readonly first: number; readonly count: number };
  /** Comes before the leaves. */
  readonly table?: boolean;
}

class Counter {
  readonly around: Surroundings;
  readonly clock: ManualAlarmClock;
  readonly bytes: Uint8Array;
  readonly mine: CopyId;
  readonly bobs: CopyId;
  readonly shelf: ReadableShelf;
  readonly handlers: ReturnType<typeof readerHandlers>;
  revocations = NO_REVOCATIONS;

  private constructor(around: Surroundings, disk: MemoryDisk, bytes: Uint8Array) {
    this.around = around;
    this.bytes = bytes;
    this.clock = new ManualAlarmClock(around.clock.nowMs());
    this.mine = around.newCopyId();
    this.bobs = around.newCopyId();
    const { clock } = this;
    const { random, coordinatorKey } = around;
    const native = loadNative();
    const shelf = openShelfForReading({ disk, folder: FOLDER, native, clock, random });
    this.shelf = shelf;
    this.handlers = readerHandlers({
      shelf,
      trust: () => ({
        ticketKeys: [ed25519PublicKey(TICKET_SEED)],
        coordinatorKeys: [coordinatorKey],
        revocations: this.revocations,
      }),
      statement: () => STATEMENT,
      ownerOf: (member) => shelf.record.owners.get(member),
      clock,
    });
  }

  /** A store with a copy of alice and one of bob, and a reader beside it. */
  static async open(): Promise<Counter> {
    const around = new Surroundings(11);
    const disk = new MemoryDisk({ clock: around.clock });
    await foundTestShelf(disk, around);
    const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 1));
    const counter = new Counter(around, disk, bytes);
    const shelf = openTestShelf(disk, around);
    await sendCopy(shelf, { id: counter.mine, member: around.alice.member, bytes });
    await sendCopy(shelf, { id: counter.bobs, member: around.bob.member, bytes });
    return counter;
  }

  ticket(change: Partial<Ticket> = {}): string {
    const fromMs = this.clock.nowMs();
    const { storeId } = this.shelf.identity;
    const fields = { storeId, copyId: this.mine, keyHash: MY_KEY, fromMs };
    const untilMs = fromMs + 10 * MINUTE_MS;
    return `Kura ${ticketWord(signTicket({ ...fields, untilMs, ...change }, TICKET_SEED))}`;
  }

  grant(
    pseudonym: MemberId = this.around.alice.member,
    seed = this.around.coordinatorSeed,
  ): string {
    const { storeId } = this.shelf.identity;
    const fields = { serial: 1, storeId, pseudonym, keyHash: MY_KEY, issuedMs: 0 };
    return `Kura ${grantWord(signGrant(fields, seed))}`;
  }

  async leaves({
    copy,
    word,
    caller = withKey(MY_KEY),
    range,
    table,
  }: Asking): Promise<Uint8Array> {
    const source = await this.handlers.readLeaves({
      params: { copy },
      query: { ...(range ?? { first: 0, count: SMALL_SHAPE.packLeaves[1] }), table },
      body: undefined,
      caller,
      authorization: word,
      requestId: '1',
      signal: new AbortController().signal,
    });
    return bytesOf(source);
  }

  async table({ copy, word, caller = withKey(MY_KEY) }: Asking): Promise<Uint8Array> {
    const signal = new AbortController().signal;
    const call = { params: { copy }, query: {}, body: undefined, caller, requestId: '1', signal };
    return bytesOf(await this.handlers.readTable({ ...call, authorization: word }));
  }

  async refuses(asking: Asking, code: KuraError['code'], reason?: string): Promise<void> {
    const isSo = (error: unknown): boolean =>
      error instanceof KuraError && error.code === code && error.context.reason === reason;
    await assert.rejects(this.table(asking), isSo);
    await assert.rejects(this.leaves(asking), isSo);
  }
}

describe('a reader', () => {
  test('A21: a ticket opens its copy, whole windows of it, to its key', async () => {
    const at = await Counter.open();
    const { mine, shelf } = at;
    const table = decodeCopyTable(mine, await at.table({ copy: mine, word: at.ticket() }));
    assert.deepEqual(table, await shelf.stat(mine));
    assert.ok(equalBytes(await at.leaves({ copy: mine, word: at.ticket() }), at.bytes));
    const range = { first: 2, count: 4 };
    const some = await at.leaves({ copy: mine, word: at.ticket(), range });
    const { leafBytes } = SMALL_SHAPE;
    const wanted = at.bytes.subarray(2 * leafBytes, 6 * leafBytes);
    assert.ok(equalBytes(some, wanted));
    const both = await at.leaves({ copy: mine, word: at.ticket(), range, table: true });
    const tableBytes = both.length - wanted.length;
    assert.deepEqual(decodeCopyTable(mine, new Uint8Array(both.subarray(0, tableBytes))), table);
    assert.ok(equalBytes(both.subarray(tableBytes), wanted));
  });

  test('A21: a ticket opens nothing else, to nobody else, at no other time', async () => {
    const at = await Counter.open();
    const { mine, bobs, around } = at;
    const word = at.ticket();
    await at.refuses({ copy: bobs, word }, 'refused', 'copy');
    await at.refuses({ copy: mine, word, caller: withKey(OTHER_KEY) }, 'refused', 'key');
    const elsewhere = at.ticket({ storeId: around.newStoreId() });
    await at.refuses({ copy: mine, word: elsewhere }, 'refused', 'store');
    const nobody: Caller = { kind: 'nobody', address: '10.0.0.1' };
    await at.refuses({ copy: mine, word, caller: nobody }, 'refused', 'none');
    await at.refuses({ copy: mine }, 'refused', 'none');
    await at.refuses({ copy: mine, word: word.replace('Kura ', '') }, 'refused', 'malformed');
    await at.refuses({ copy: mine, word: `${word}A` }, 'refused', 'malformed');
    const absent = around.newCopyId();
    await at.refuses({ copy: absent, word: at.ticket({ copyId: absent }) }, 'missing');
    at.clock.advance(12 * MINUTE_MS);
    await at.refuses({ copy: mine, word }, 'refused', 'late');
  });

  test('A17: a grant opens every copy of its pseudonym, and does not say what others keep', async () => {
    const at = await Counter.open();
    const { mine, bobs, around } = at;
    const word = at.grant();
    assert.ok(equalBytes(await at.leaves({ copy: mine, word }), at.bytes));
    await at.refuses({ copy: bobs, word }, 'missing');
    await at.refuses({ copy: around.newCopyId(), word }, 'missing');
    await at.refuses({ copy: mine, word, caller: withKey(OTHER_KEY) }, 'refused', 'key');
    const forged = at.grant(around.alice.member, around.alice.seed);
    await at.refuses({ copy: mine, word: forged }, 'refused', 'signature');
    at.clock.advance(20 * 365 * 24 * 60 * MINUTE_MS);
    assert.ok(equalBytes(await at.leaves({ copy: mine, word }), at.bytes));
  });

  test('C11: a grant that the list names is over at once', async () => {
    const at = await Counter.open();
    const none = { number: 1, madeMs: 0, certificates: [], grants: [], pseudonyms: [] };
    at.revocations = new RevocationList({ ...none, grants: [1] });
    await at.refuses({ copy: at.mine, word: at.grant() }, 'refused', 'revoked');
    const { member } = at.around.alice;
    at.revocations = new RevocationList({ ...none, pseudonyms: [member] });
    await at.refuses({ copy: at.mine, word: at.grant() }, 'refused', 'revoked');
  });

  test('R3: ranges that are no whole windows are told, not given', async () => {
    const at = await Counter.open();
    for (const range of [
      { first: 1, count: 2 },
      { first: 0, count: 3 },
      { first: 6, count: 4 },
      { first: 8, count: 2 },
    ]) {
      const word = at.ticket();
      await assert.rejects(at.leaves({ copy: at.mine, word, range }), { code: 'usage' });
    }
  });

  test('A17: says who it is, and whose orders its store would obey', async () => {
    const at = await Counter.open();
    const signal = new AbortController().signal;
    const call = { params: {}, query: {}, body: undefined, requestId: '1', signal } as const;
    const caller = withKey(MY_KEY);
    const said = await at.handlers.describeReader({ ...call, caller, authorization: undefined });
    assert.deepEqual(said, { identity: at.shelf.identity, statement: STATEMENT });
    const { member, seed } = at.around.alice;
    const own = await at.handlers.readOwner({ ...call, caller, authorization: at.grant(member) });
    assert.ok(equalBytes(own.ownerKey, ed25519PublicKey(seed)));
    const unknown = at.grant(at.around.stranger.member);
    await assert.rejects(at.handlers.readOwner({ ...call, caller, authorization: unknown }), {
      code: 'missing',
    });
    await assert.rejects(at.handlers.readOwner({ ...call, caller, authorization: at.ticket() }), {
      code: 'refused',
    });
  });

  test('one key has four reads at once, and gives each back when its body has gone out', async () => {
    const at = await Counter.open();
    const open = (): Promise<BodySource> =>
      at.handlers.readLeaves({
        params: { copy: at.mine },
        query: { first: 0, count: SMALL_SHAPE.packLeaves[1], table: undefined },
        body: undefined,
        caller: withKey(MY_KEY),
        authorization: at.ticket(),
        requestId: '1',
        signal: new AbortController().signal,
      });
    const held = await Promise.all([open(), open(), open(), open()]);
    const word = at.ticket({ keyHash: OTHER_KEY });
    await at.leaves({ copy: at.mine, word, caller: withKey(OTHER_KEY) });
    const late = assert.rejects(open(), { code: 'busy' });
    await at.clock.whenArmed(10_000);
    at.clock.advance(10_000);
    await late;
    const waiting = open();
    for (const source of held) await bytesOf(source);
    assert.ok(equalBytes(await bytesOf(await waiting), at.bytes));
  });
});

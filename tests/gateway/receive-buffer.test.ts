// Goal: the memory in which packs arrive is bounded, shared fairly between members, and given back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type MemberId, MIB, memberId } from '@kura/base';
import { type Grant, ReceiveBuffer } from '@kura/coordinator/gateway/receive-buffer.ts';
import { ManualAlarmClock } from '@kura/testing';
import { isCode } from './expect.ts';

/** Members: a buffer takes no other name, or many devices would have many shares. */
const [a, b, c, d] = ['aa', 'bb', 'cc', 'dd'].map((one) => memberId(one.repeat(16))) as [
  MemberId,
  MemberId,
  MemberId,
  MemberId,
];
const alive = new AbortController().signal;

function buffer(pieces: number): { clock: ManualAlarmClock; room: ReceiveBuffer } {
  const clock = new ManualAlarmClock();
  return { clock, room: new ReceiveBuffer({ pieces, clock }) };
}

describe('the receive buffer', () => {
  it('holds no more than its pieces, whoever asks; who waits longest is next', async () => {
    const { room } = buffer(4);
    const first = await room.take(a, 2 * MIB, alive);
    const second = await room.take(b, 2 * MIB, alive);
    assert.equal(room.takenBytes, 4 * MIB);
    const order: MemberId[] = [];
    const wait = (member: MemberId, sizeBytes: number): Promise<Grant> =>
      room.take(member, sizeBytes, alive).then((grant) => {
        order.push(member);
        return grant;
      });
    const large = wait(c, 4 * MIB);
    const small = wait(d, MIB);
    first.giveBack();
    first.giveBack();
    await setImmediate();
    assert.deepEqual(order, [], 'the small one does not overtake');
    second.giveBack();
    (await large).giveBack();
    (await small).giveBack();
    assert.deepEqual(order, [c, d]);
    assert.equal(room.takenBytes, 0);
  });

  it('R32: whoever had no turn for longest is next, also after it was told to come again', async () => {
    const { clock, room } = buffer(4);
    const first = await room.take(a, 4 * MIB, alive);
    const late = assert.rejects(room.take(b, MIB, alive), isCode('busy'));
    clock.advance(30_000);
    await late;
    const order: MemberId[] = [];
    const wait = async (member: MemberId): Promise<void> => {
      const grant = await room.take(member, 4 * MIB, alive);
      order.push(member);
      grant.giveBack();
    };
    const waiting = [wait(a), wait(c), wait(a), wait(b)];
    first.giveBack();
    await Promise.all(waiting);
    assert.deepEqual(order, [c, b, a, a]);
  });

  it('one gateway has one bound for all: 64 members at once hold no more than its pieces', async () => {
    const { room } = buffer(20);
    let most = 0;
    const served = new Map<MemberId, number>();
    const send = async (member: MemberId): Promise<void> => {
      for (let pack = 0; pack < 4; pack++) {
        const grant = await room.take(member, 4 * MIB, alive);
        most = Math.max(most, room.takenBytes);
        served.set(member, pack + 1);
        const counts = [...served.values()];
        // Who is ahead of the others by more than what waits of them has overtaken somebody.
        assert.ok(served.size < 64 || Math.max(...counts) - Math.min(...counts) <= 1);
        await setImmediate();
        grant.giveBack();
      }
    };
    const members = Array.from({ length: 64 }, (_, number) =>
      memberId(number.toString(16).padStart(2, '0').repeat(16)),
    );
    await Promise.all(members.map(send));
    assert.equal(most, 20 * MIB);
    assert.equal(room.takenBytes, 0);
  });

  it('R32: one member holds at most a quarter, and holds nobody up', async () => {
    const { room } = buffer(8);
    const one = await room.take(a, 2 * MIB, alive);
    const more = room.take(a, MIB, alive);
    const other = await room.take(b, 2 * MIB, alive);
    assert.equal(room.takenBytes, 4 * MIB);
    one.giveBack();
    (await more).giveBack();
    other.giveBack();
    const whole = await room.take(a, 8 * MIB, alive);
    assert.equal(whole.pieces.length, 8, 'one pack is always let in');
    whole.giveBack();
  });

  it('who waits too long is busy, and who goes away leaves the queue', async () => {
    const { clock, room } = buffer(1);
    const held = await room.take(a, MIB, alive);
    const late = assert.rejects(room.take(b, MIB, alive), isCode('busy'));
    const gone = new AbortController();
    const left = assert.rejects(room.take(c, MIB, gone.signal), isCode('interrupted'));
    gone.abort();
    await left;
    clock.advance(30_000);
    await late;
    held.giveBack();
    (await room.take(d, MIB, alive)).giveBack();
  });
});

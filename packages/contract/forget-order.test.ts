// R28: snapshots leave a history by their owner's word only, and by exactly that word.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memberId, type SnapshotId, snapshotId } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';
import { openForgetOrder, readForgetOrder, signForgetOrder } from './forget-order.ts';

const OWNER = new Uint8Array(32).fill(1);
const MEMBER = memberId('ab'.repeat(16));
const idOf = (number: number): SnapshotId => snapshotId(number.toString(16).padStart(64, '0'));
const check = { memberId: MEMBER, ownerKey: ed25519PublicKey(OWNER) };
const order = signForgetOrder(
  { memberId: MEMBER, timeMs: 7, snapshots: [idOf(9), idOf(3)] },
  OWNER,
);

describe('an order to forget', () => {
  it('says what its owner signed: each snapshot once, in order', () => {
    const opened = openForgetOrder(order, check);
    assert.deepEqual(opened, { memberId: MEMBER, timeMs: 7, snapshots: [idOf(3), idOf(9)] });
    assert.deepEqual(readForgetOrder(order), opened);
  });

  it('R28: is refused with any byte changed, cut short, or grown', () => {
    for (let at = 0; at < order.length; at++) {
      const changed = order.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => openForgetOrder(changed, check), { code: 'refused' }, `byte ${at}`);
      assert.throws(() => openForgetOrder(order.slice(0, at), check), { code: 'refused' });
    }
    assert.throws(() => openForgetOrder(new Uint8Array([...order, 0]), check), { code: 'refused' });
  });

  it('R28: of another owner, or for another member, is refused', () => {
    const other = new Uint8Array(32).fill(2);
    const foreign = signForgetOrder({ memberId: MEMBER, timeMs: 7, snapshots: [idOf(3)] }, other);
    assert.throws(() => openForgetOrder(foreign, check), { code: 'refused' });
    const elsewhere = { ...check, memberId: memberId('cd'.repeat(16)) };
    assert.throws(() => openForgetOrder(order, elsewhere), { code: 'refused' });
  });
});

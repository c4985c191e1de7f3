// One step of the coordinator's part of notices: members whose copies have moved get theirs, as rows that wait for
// a gateway.
import type { StoreId } from '@kura/base';
import type { Transact } from '../custody/write-events.ts';
import type { StoreKeys } from '../gateway/copy-keys.ts';
import type { Network } from '../network.ts';
import { makeNotice, membersToTell, type NoticeKeys } from './make-notices.ts';

export async function writeNotices(
  network: Network,
  transact: Transact,
  parts: NoticeKeys,
): Promise<void> {
  const { shape } = network.charter;
  const members = await network.database.read(membersToTell);
  for (const [memberId, stores] of members) {
    const keys = new Map<StoreId, StoreKeys>();
    for (const storeId of stores) keys.set(storeId, await parts.keys.keysFor(memberId, storeId));
    const making = { ...parts, shape, nowMs: network.clock.nowMs() };
    await transact((rows) => makeNotice({ rows, memberId }, keys, making));
  }
}

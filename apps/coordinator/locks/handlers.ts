// What a coordinator answers to a member's devices about locks (`contract/wire/endpoints/locks.ts`).
import { signLockKey } from '@kura/contract';
import type { LOCK_ENDPOINTS } from '@kura/contract/wire/endpoints/locks.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Service } from '../authority/service.ts';
import { deviceOf } from '../serve/callers.ts';
import { giveShare } from './notary.ts';

export function lockHandlers({
  network,
  keys,
}: Pick<Service, 'network' | 'keys'>): Handlers<typeof LOCK_ENDPOINTS> {
  const { coordinatorSeed, notaryKey, notarySeed } = keys;
  return {
    lockKey: async () => ({ signed: signLockKey(notaryKey, coordinatorSeed) }),
    openLock: async ({ caller, body }) => {
      const { member, device } = deviceOf(caller);
      const share = await giveShare(member, body, {
        ...{ network, notarySeed, deviceId: device },
      });
      return { share };
    },
  };
}

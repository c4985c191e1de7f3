// What a coordinator answers to a member's devices about custody events (`contract/wire/endpoints/events.ts`).
import type { EVENT_ENDPOINTS } from '@kura/contract/wire/endpoints/events.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import type { Network } from '../network.ts';
import { deviceOf } from './callers.ts';

export function eventHandlers(network: Network): Handlers<typeof EVENT_ENDPOINTS> {
  return {
    events: async ({ caller, query }) => {
      const { member: memberId } = deviceOf(caller);
      const coordinator = new MemberCoordinator({ network, memberId });
      return { events: await coordinator.events(query.after, query.limit) };
    },
  };
}

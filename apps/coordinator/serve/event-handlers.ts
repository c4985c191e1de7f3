// What a coordinator answers to a member's devices about custody events, and the hashes that it stamps for them
// (`contract/wire/endpoints/events.ts`).
import type { EVENT_ENDPOINTS } from '@kura/contract/wire/endpoints/events.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Service } from '../authority/service.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import { Stamper } from '../timestamps/stamper.ts';
import { deviceOf } from './callers.ts';

export function eventHandlers({
  network,
  authority,
}: Pick<Service, 'network' | 'authority'>): Handlers<typeof EVENT_ENDPOINTS> {
  const { clock, random } = network;
  const stamper = new Stamper({ authority, clock, random });
  return {
    events: async ({ caller, query }) => {
      const { member: memberId } = deviceOf(caller);
      const coordinator = new MemberCoordinator({ network, memberId });
      return { events: await coordinator.events(query.after, query.limit) };
    },
    timestamp: async ({ body }) => ({ answer: stamper.answer(body.request) }),
  };
}

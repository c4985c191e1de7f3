// Members' webhooks, as the coordinator's file allows them: where they may lead, and who judges their certificates.
import { type AlarmClock, type MemberId, toHex } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { openReach } from '@kura/wire/outside/reach.ts';
import type { MemberCalls } from './call-members.ts';
import { callOut, readNamed } from './call-out.ts';

export type MemberWebhookSettings = NonNullable<CoordinatorConfig['memberWebhooks']>;

export interface MemberCallParts {
  readonly networkId: string;
  readonly clock: AlarmClock;
  readonly hookSecretOf: (member: MemberId, setMs: number) => Uint8Array;
}

/** Throws `usage` for blocks that are none, `missing` for a file that is not there. */
export function openMemberCalls(
  { allow = [], authorities }: MemberWebhookSettings,
  { networkId, clock, hookSecretOf }: MemberCallParts,
): MemberCalls {
  const reach = openReach(allow);
  const authority =
    authorities === undefined ? undefined : readNamed(authorities, 'member_webhooks');
  return {
    networkId,
    nowMs: () => clock.nowMs(),
    call: ({ url, of: { memberId, setMs }, delivery, body }) => {
      const secret = toHex(hookSecretOf(memberId, setMs));
      return callOut({ url, secret }, { delivery, body }, { clock, authority, reach });
    },
  };
}

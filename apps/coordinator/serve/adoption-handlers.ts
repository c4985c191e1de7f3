// What a coordinator answers to an owner who brings an embedded network along (docs/design/adoption.md).
import type { ADOPTION_ENDPOINTS } from '@kura/contract/wire/endpoints/adoption.ts';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Network } from '../network.ts';
import { ServiceMember } from '../service-member.ts';
import type { AdmittingKeys } from '../stores/admissions.ts';
import { deviceOf } from './callers.ts';

export interface AdoptionParts {
  readonly network: Network;
  readonly keys: AdmittingKeys;
}

export function adoptionHandlers(parts: AdoptionParts): Handlers<typeof ADOPTION_ENDPOINTS> {
  const memberOf = (caller: Caller): ServiceMember => {
    const { member: memberId, device: deviceId } = deviceOf(caller);
    return new ServiceMember({ ...parts, memberId, deviceId });
  };
  return {
    adoptStore: ({ caller, params, body }) =>
      memberOf(caller).adoptStore(params.store, body.copyKey),
    adoptPacks: ({ caller, body }) => memberOf(caller).adoptPacks(body.sessionId, body.packs),
  };
}

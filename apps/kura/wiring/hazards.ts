// What a network of others says of dangers to its member, over a connection of its own.
import type { HazardsPort } from '../hazards/port.ts';
import { remoteHazards } from '../hazards/remote-hazards.ts';
import { memberService } from './member-service.ts';
import type { Session } from './session.ts';

export async function hazards(session: Session): Promise<HazardsPort> {
  return remoteHazards(await memberService(session));
}

// What a network of others says of dangers to its member, over a connection of its own.
import { openService } from '@kura/agent/network/access.ts';
import { KuraError, systemAlarmClock, systemRandom } from '@kura/base';
import type { HazardsPort } from '../hazards/port.ts';
import { remoteHazards } from '../hazards/remote-hazards.ts';
import type { Session } from './session.ts';

export async function hazards(session: Session): Promise<HazardsPort> {
  const network = await session.own();
  if (network.kind === 'embedded') {
    throw new KuraError('unsupported', 'an embedded network asks its own tables');
  }
  const around = { clock: systemAlarmClock, random: systemRandom };
  const service = openService(network.access, around);
  session.onClose(() => service.close());
  return remoteHazards(service.coordinator);
}

// The coordinator of a network of others, asked over a connection of the member's own, which ends with the session.
import type { NetworkAccess } from '@kura/agent/network/access.ts';
import { KuraError, systemAlarmClock, systemRandom } from '@kura/base';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { Session } from './session.ts';

/** Throws `unsupported` in an embedded network, which asks its own tables. */
export async function memberService(session: Session): Promise<EndpointClient> {
  const network = await session.own();
  if (network.kind !== 'embedded') return await connectFor(session, network.access);
  throw new KuraError('unsupported', 'an embedded network asks its own tables');
}

export async function connectFor(session: Session, access: NetworkAccess): Promise<EndpointClient> {
  const { openService } = await import('@kura/agent/network/access.ts');
  const service = openService(access, { clock: systemAlarmClock, random: systemRandom });
  session.onClose(() => service.close());
  return service.coordinator;
}

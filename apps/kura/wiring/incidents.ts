// Incidents of an embedded network, whose stores are in this process: they are asked and judged here. And those of a
// network of others, as its member sees them.
import { KuraError, toHex } from '@kura/base';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { INCIDENTS_LEASE, IncidentDuty } from '@kura/coordinator/incidents/incident-duty.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import { transact } from '@kura/database';
import { notePresence } from '../embedded/open-network.ts';
import type { IncidentsPort } from '../incidents/port.ts';
import { memberService } from './member-service.ts';
import type { Session } from './session.ts';

const HOLDER_BYTES = 16;

/** Judges what is due; resolves to how many were. Throws `unsupported` in a network of others. */
export async function judgeIncidents(session: Session): Promise<number> {
  const network = await session.embedded();
  await notePresence(network);
  const { coordinator, stores, random } = network;
  const { entire } = coordinator;
  const leases = new Leases({
    database: entire.database,
    holder: toHex(random.bytes(HOLDER_BYTES)),
  });
  const duty = new IncidentDuty({
    network: entire,
    storeAt: (storeId) => stores.get(storeId),
    onFailure: (_, error) =>
      session.settings.warn(error instanceof Error ? error.message : String(error)),
  });
  try {
    const lease = await leases.take(INCIDENTS_LEASE);
    if (lease === undefined) {
      throw new KuraError('busy', 'another process judges incidents', {
        guidance: 'Try again in half a minute.',
      });
    }
    const judged = await duty.round(lease);
    await writeCustodyEvents(entire, (work) => transact(entire.database, work));
    return judged;
  } finally {
    await leases.giveBack();
  }
}

/** Of a member of a network of others, over a connection of its own. */
export async function incidents(session: Session): Promise<IncidentsPort> {
  const { remoteIncidents } = await import('../incidents/remote-incidents.ts');
  return remoteIncidents(await memberService(session));
}

// What the commands of incidents share: whom to ask, and how an incident is found by the beginning of its id.
import { KuraError } from '@kura/base';
import type { IncidentView } from '@kura/contract/wire/endpoints/incidents.ts';
import { nodeDisk } from '@kura/native';
import { localTime } from '../commands/show.ts';
import { readPointer } from '../network/home-pointer.ts';
import { Desk } from '../operator/desk.ts';
import { hasOperatorFile } from '../operator/operator-file.ts';
import type { IncidentsPort } from './port.ts';
import { remoteIncidents } from './remote-incidents.ts';

/** Whoever runs a store and nothing else: the file that its program is started with. */
export interface AskingStore {
  readonly store?: string;
}

export class IncidentDesk extends Desk {
  /** A store if one is named; else whose home this is: an operator's, a member's, or that of an owner of folders. */
  async look<Result>(
    work: (port: IncidentsPort) => Promise<Result>,
    { store }: AskingStore = {},
  ): Promise<Result> {
    const { home, clock, environment } = this.context;
    if (store !== undefined) {
      const { asStore } = await import('./store-connection.ts');
      const as = { configFile: store, environment };
      return await asStore(as, this.around, (client) => work(remoteIncidents(client)));
    }
    if (hasOperatorFile(nodeDisk, home)) {
      return await this.ask((client) => work(remoteIncidents(client)));
    }
    if (readPointer(nodeDisk, home) === undefined) {
      const { withLocalIncidents } = await import('./local-incidents.ts');
      return await withLocalIncidents(home, clock, work);
    }
    const services = await this.context.services();
    return await work(await services.incidents());
  }

  time(timeMs: number | undefined): string {
    return timeMs === undefined ? '' : localTime(timeMs, this.context);
  }
}

/** Throws `not_found` for none, or for several. */
export async function findIncident(port: IncidentsPort, id: string): Promise<IncidentView> {
  const [incident, other] = await port.incidents({ limit: 2, id });
  if (incident !== undefined && other === undefined) return incident;
  const message =
    incident === undefined ? `there is no incident "${id}"` : `"${id}" may be several incidents`;
  throw new KuraError('not_found', message, { guidance: 'See `kura incidents list`.' });
}

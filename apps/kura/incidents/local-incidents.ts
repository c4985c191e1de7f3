// The port of incidents over the tables of an embedded network. No passphrase is needed: nothing here is sealed.
import { homePaths } from '@kura/agent/home.ts';
import { type Clock, systemRandom } from '@kura/base';
import { answerIncident } from '@kura/coordinator/incidents/answer.ts';
import { viewEvidence, viewIncidents } from '@kura/coordinator/incidents/views.ts';
import type { Network } from '@kura/coordinator/network.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import { transact } from '@kura/database';
import type { IncidentsPort } from './port.ts';

/** The owner of folders is every store's operator. */
const EVERYTHING = {};

/** Throws `no_network` if none is in this home. */
export async function withLocalIncidents<Result>(
  homeFolder: string,
  clock: Clock,
  work: (port: IncidentsPort) => Promise<Result>,
): Promise<Result> {
  const { database } = homePaths(homeFolder);
  const network = await openNetworkTables({ database, clock, random: systemRandom });
  try {
    return await work(portOf(network));
  } finally {
    network.close();
  }
}

function portOf({ database, charter, clock }: Network): IncidentsPort {
  return {
    incidents: (asked) => database.read((rows) => viewIncidents(rows, EVERYTHING, asked)),
    evidence: (incident) =>
      database.read((rows) => viewEvidence(rows, EVERYTHING, { incident, log: charter.log })),
    answer: (incident, text) =>
      transact(database, (rows) =>
        answerIncident(rows, EVERYTHING, { incident, text, nowMs: clock.nowMs() }),
      ),
  };
}

// What the commands of incidents ask, whoever has the answer: the tables of an embedded network in this process, or
// the coordinator of a network of others, as its operator or as its member.
import type { EvidenceView, IncidentView } from '@kura/contract/wire/endpoints/incidents.ts';

export interface IncidentsAsked {
  readonly limit: number;
  /** The beginning of an id. */
  readonly id?: string | undefined;
}

export interface IncidentsPort {
  /** The newest first. */
  incidents(asked: IncidentsAsked): Promise<readonly IncidentView[]>;
  /** By its whole id. */
  evidence(incidentId: string): Promise<EvidenceView>;
  answer(incidentId: string, text: string): Promise<void>;
}

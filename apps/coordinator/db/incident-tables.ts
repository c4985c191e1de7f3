// The tables of incidents, as types: what was seen of a copy, what its store said of it, what was judged, and the
// evidence as it was given out (docs/design/incidents.md).
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import type { IncidentId } from '../incidents/incident-id.ts';
import type { ObservationClass, ObservationSource } from '../incidents/observation.ts';

/** copy: one copy at one store · head: an older or forked history was shown · rogue: a store failed once too often. */
export type IncidentKind = 'copy' | 'head' | 'rogue';

/** open: not judged yet · judged: it has a verdict and evidence, and neither changes. */
export type IncidentState = 'open' | 'judged';

export interface IncidentsTable {
  readonly incident_id: IncidentId;
  readonly member_id: MemberId;
  readonly kind: IncidentKind;
  /** Null: of a head. */
  readonly store_id: StoreId | null;
  /** Null: not of a copy. */
  readonly pack_id: PackId | null;
  readonly copy_id: CopyId | null;
  readonly state: IncidentState;
  readonly opened_ms: number;
  readonly tries: number;
  /** When it is looked at next; null: no more. */
  readonly next_ms: number | null;
  /** Null until it is judged; then the kind of the verdict. */
  readonly verdict: string | null;
  /** One sentence, for people. */
  readonly reason: string;
  readonly judged_ms: number | null;
  /** Of the bundle, SHA-256 in hex. */
  readonly evidence_hash: string | null;
  /** When its member was told; one message may stand for many incidents. */
  readonly told_ms: number | null;
}

/** What was seen, as it came in. */
export interface IncidentObservationsTable {
  readonly incident_id: IncidentId;
  readonly number: number;
  readonly class: ObservationClass;
  readonly source: ObservationSource;
  /** JSON list of leaves. */
  readonly leaves: string;
  readonly challenge: Uint8Array | null;
  readonly answer: Uint8Array | null;
  readonly time_ms: number;
}

export interface IncidentTables {
  incidents: IncidentsTable;
  incident_observations: IncidentObservationsTable;
}

// The tables of incidents, as types: what was seen of a copy, what its store said of it, what was judged, and the
// evidence as it was given out (docs/design/incidents.md).
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import type {
  ObservationClass,
  ObservationSource,
  VerdictKind,
} from '@kura/contract/evidence/index.ts';
import type { IncidentId } from '../incidents/incident-id.ts';

/**
 * copy: one copy at one store · head: an older or forked history was shown · rogue: a store failed once too often.
 */
export type IncidentKind = 'copy' | 'head' | 'rogue';

/** open: not judged yet · judged: it has a verdict and evidence, and neither changes. */
export type IncidentState = 'open' | 'judged';

export interface IncidentsTable {
  readonly incident_id: IncidentId;
  readonly member_id: MemberId;
  readonly kind: IncidentKind;
  /** Null: of a head. */
  readonly store_id: StoreId | null;
  /** Null: of a head. Of a rogue store one copy stands for all. */
  readonly pack_id: PackId | null;
  readonly copy_id: CopyId | null;
  readonly state: IncidentState;
  readonly opened_ms: number;
  /** Times that the store was asked and did not answer. */
  readonly tries: number;
  /** When it is looked at next; null: no more. */
  readonly next_ms: number | null;
  /** When leaves were last asked for again; 0: never. */
  readonly reread_ms: number;
  /** Null until it is judged. */
  readonly verdict: VerdictKind | null;
  /** One sentence, for people. */
  readonly reason: string;
  readonly judged_ms: number | null;
  /** Of the bundle, SHA-256 in hex; null: there is none. */
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
  /** Of a full read: SHA-256 of the tag that would have been right. */
  readonly tag_hash: Uint8Array | null;
  readonly time_ms: number;
}

/** What the store signed when it was asked to read all of the copy. */
export interface IncidentExaminationsTable {
  readonly incident_id: IncidentId;
  readonly number: number;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  readonly time_ms: number;
  readonly signed: Uint8Array;
}

/** The true hash of a leaf, and its way to the root that was acknowledged. */
export interface IncidentPathsTable {
  readonly incident_id: IncidentId;
  readonly leaf: number;
  readonly hash: Uint8Array;
  /** 32 bytes each, concatenated. */
  readonly path: Uint8Array;
}

export interface IncidentEvidenceTable {
  readonly incident_id: IncidentId;
  readonly member_id: MemberId;
  /** The bundle's one text. */
  readonly bundle: string;
  /** Number of the custody event that names its hash. */
  readonly event: number;
}

/** What the operator of the accused store says, once. */
export interface IncidentAnswersTable {
  readonly incident_id: IncidentId;
  readonly said_ms: number;
  readonly text: string;
}

/** A store was not who it should be. */
export interface StoreFailuresTable {
  readonly store_id: StoreId;
  readonly time_ms: number;
  readonly why: string;
}

/** Messages of the inbox that go to the webhook as well. */
export interface WebhookCallsTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly tries: number;
  /** Null: taken, or given up (`why`). */
  readonly next_ms: number | null;
  readonly why: string | null;
}

/** Calls of a day with a certificate that does not open the door. */
export interface ImpostorCallsTable {
  /** Since 1970, UTC. */
  readonly day: number;
  /** As an edge counts it; "others": from more than are counted. */
  readonly address: string;
  /** Of this network, whom the certificate names; empty: none. */
  readonly store_id: StoreId | '';
  readonly reason: string;
  readonly calls: number;
  readonly first_ms: number;
  readonly last_ms: number;
}

/** What the operator is told of them: an incident of the network, not of a store. */
export interface ImpostorIncidentsTable {
  readonly incident_id: IncidentId;
  readonly kind: 'address' | 'store';
  /** The address, or the id of the store whose name was used. */
  readonly subject: string;
  readonly opened_ms: number;
  /** JSON: what is told. */
  readonly facts: string;
  /** Of the operator's webhook, as in `webhook_calls`. */
  readonly tries: number;
  readonly next_ms: number | null;
  readonly why: string | null;
}

export interface IncidentTables {
  incidents: IncidentsTable;
  incident_observations: IncidentObservationsTable;
  incident_examinations: IncidentExaminationsTable;
  incident_paths: IncidentPathsTable;
  incident_evidence: IncidentEvidenceTable;
  incident_answers: IncidentAnswersTable;
  store_failures: StoreFailuresTable;
  webhook_calls: WebhookCallsTable;
  impostor_calls: ImpostorCallsTable;
  impostor_incidents: ImpostorIncidentsTable;
}

// What a coordinator answers about incidents: to a device about its member's, to a store about its own, to an
// operator about all. Evidence is the same for everybody who may have it.
import { MAX_BUNDLE_CHARACTERS } from '../../evidence/bundle.ts';
import { VERDICT_KINDS } from '../../evidence/verdict.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import {
  choice,
  flag,
  hexId,
  type Infer,
  list,
  optional,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { copyIdShape, memberIdShape, packIdShape, storeIdShape } from '../shapes.ts';
import { custodyReceipt } from './custody.ts';

export const MAX_INCIDENTS_SHOWN = 1000;
const MAX_INCIDENTS_BYTES = 4 * 1024 * 1024;
/** A bundle as a JSON text has its quotes escaped. */
const MAX_EVIDENCE_BYTES = 6 * 1024 * 1024;
/** Of what an accused store says. */
export const MAX_ANSWER_CHARACTERS = 2000;

const incidentId = hexId((id) => id, { hexLength: 32 });

const incident = record({
  incidentId,
  memberId: memberIdShape,
  kind: choice(['copy', 'head', 'rogue']),
  storeId: optional(storeIdShape),
  /** Where the store stands: id of a city, or "lat,lon". */
  city: optional(text({ maxLength: 128 })),
  packId: optional(packIdShape),
  copyId: optional(copyIdShape),
  state: choice(['open', 'judged']),
  openedMs: timeMs,
  judgedMs: optional(timeMs),
  verdict: optional(choice(VERDICT_KINDS)),
  /** One sentence. */
  reason: text({ maxLength: 2000 }),
  observations: whole({ min: 0, max: 1000 }),
  hasEvidence: flag,
  /** What the operator of the accused store says. */
  answer: optional(record({ saidMs: timeMs, text: text({ maxLength: MAX_ANSWER_CHARACTERS }) })),
});
export type IncidentView = Infer<typeof incident>;

/** The bundle, the event that names its hash, and the key of the log that has the event. */
const evidence = record({
  evidence: text({ maxLength: MAX_BUNDLE_CHARACTERS }),
  /** Absent until the log has it. */
  event: optional(custodyReceipt),
  /** As C2SP signed notes write verifier keys. */
  logKey: text({ maxLength: 512 }),
  answer: optional(text({ maxLength: MAX_ANSWER_CHARACTERS })),
});
export type EvidenceView = Infer<typeof evidence>;

/** Of a history that is not as a device knows it: as the device signed it, receipts of a hundred heads in it. */
const MAX_HISTORY_CHARACTERS = 1024 * 1024;

export const INCIDENT_ENDPOINTS = defineEndpoints({
  incidents: {
    method: 'GET',
    path: '/v1/incidents',
    who: 'any',
    query: {
      limit: whole({ min: 1, max: MAX_INCIDENTS_SHOWN }),
      /** Its id, or the beginning of it. */
      id: optional(text({ maxLength: 32 })),
    },
    answer: json(
      record({ incidents: list(incident, { maxItems: MAX_INCIDENTS_SHOWN }) }),
      MAX_INCIDENTS_BYTES,
    ),
  },
  incidentEvidence: {
    method: 'GET',
    path: '/v1/incidents/{incident}/evidence',
    who: 'any',
    parameters: { incident: incidentId },
    answer: json(evidence, MAX_EVIDENCE_BYTES),
  },
  reportHistory: {
    method: 'POST',
    path: '/v1/history/incidents',
    who: 'device',
    request: json(
      record({ evidence: text({ maxLength: MAX_HISTORY_CHARACTERS }) }),
      MAX_INCIDENTS_BYTES,
    ),
    isIdempotent: true,
  },
  answerIncident: {
    method: 'PUT',
    path: '/v1/incidents/{incident}/answer',
    who: 'any',
    parameters: { incident: incidentId },
    request: json(record({ text: text({ maxLength: MAX_ANSWER_CHARACTERS }) })),
    isIdempotent: true,
  },
});

// Everything that the tables know of an incident, as the bundle wants it; nothing is judged here.
import { concatBytes, DAY_MS, must, type StoreId } from '@kura/base';
import {
  type EvidenceBundle,
  type EvidenceObservation,
  MAX_DEVICE_EXAMINATIONS,
  MAX_EXAMINATIONS,
  MAX_FAILURES_SHOWN,
  MAX_PATHS,
  type TruePath,
} from '@kura/contract/evidence/index.ts';
import { readPack } from '../custody/read-packs.ts';
import type {
  IncidentObservationsTable,
  IncidentPathsTable,
  IncidentsTable,
} from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

/** A bundle that was not judged yet. */
export type Draft = Omit<EvidenceBundle, 'kind' | 'verdict'>;

export interface Gathering {
  readonly leafBytes: number;
  /** Failures of authentication from which on a store is rogue. */
  readonly rogueAfter: number;
  readonly nowMs: number;
}

/** How far back examinations of a device and failures of a store count. */
export const WINDOW_MS = 30 * DAY_MS;
const HASH_BYTES = 32;
/** Examinations of other copies of the device, in all: one with many findings has tens of kilobytes. */
const MAX_DEVICE_BYTES = 256 * 1024;

/** Undefined: the copy is not one of the member's any more, or nobody has signed for it. */
export async function gather(
  rows: Rows,
  incident: IncidentsTable,
  { leafBytes, rogueAfter, nowMs }: Gathering,
): Promise<Draft | undefined> {
  const { incident_id: id, member_id: memberId } = incident;
  const storeId = must(incident.store_id, 'an incident of a store');
  const packId = must(incident.pack_id, 'an incident of a copy');
  const copyId = must(incident.copy_id, 'an incident of a copy');
  const pack = await readPack({ rows, memberId }, packId);
  const copy = await rows
    .selectFrom('copies')
    .select(['root', 'acknowledged_ms', 'signature'])
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .where('copy_id', '=', copyId)
    .executeTakeFirst();
  if (pack === undefined || copy?.signature === null || copy?.acknowledged_ms === null) return;
  if (copy === undefined) return undefined;
  const { identity } = mustKnow(await readStores(rows), storeId);
  const { leafCount } = pack;
  const signed = { storeId, copyId, leafCount, root: copy.root };
  const ofIncident = await examinationsOf(rows, id);
  return {
    ...{ incidentId: id, memberId, packId, copyId, leafCount, leafBytes },
    store: {
      ...{ storeId, publicKey: identity.publicKey },
      ...{ city: identity.place.city, suite: identity.suite },
    },
    acknowledgement: { ...signed, timeMs: copy.acknowledged_ms, signature: copy.signature },
    observations: (await observationsOf(rows, id)).map(asEvidence),
    paths: (await pathsOf(rows, id)).map(asPath),
    examinations: ofIncident.slice(0, MAX_EXAMINATIONS),
    device: await deviceOf(rows, { incident, storeId, leafBytes, nowMs }),
    failures: await failuresOf(rows, storeId, nowMs),
    rogueAfter,
    madeMs: nowMs,
  };
}

export async function examinationsOf(
  rows: Rows,
  id: IncidentsTable['incident_id'],
): Promise<Draft['examinations']> {
  const all = await rows
    .selectFrom('incident_examinations')
    .select(['time_ms', 'signed'])
    .where('incident_id', '=', id)
    .orderBy('number')
    .execute();
  return all.map(({ time_ms: askedMs, signed }) => ({ askedMs, signed }));
}

export async function observationsOf(
  rows: Rows,
  id: IncidentsTable['incident_id'],
): Promise<readonly IncidentObservationsTable[]> {
  return rows
    .selectFrom('incident_observations')
    .selectAll()
    .where('incident_id', '=', id)
    .orderBy('number')
    .execute();
}

async function pathsOf(
  rows: Rows,
  id: IncidentsTable['incident_id'],
): Promise<readonly IncidentPathsTable[]> {
  return rows
    .selectFrom('incident_paths')
    .selectAll()
    .where('incident_id', '=', id)
    .orderBy('leaf')
    .limit(MAX_PATHS)
    .execute();
}

/** Of a row: what a full read was asked and answered is told from leaves by the source. */
function asEvidence(row: IncidentObservationsTable): EvidenceObservation {
  const { challenge, answer, tag_hash: tagHash } = row;
  const given = { question: challenge ?? undefined, answer: answer ?? undefined };
  const isFullRead = row.source === 'full-read';
  return {
    ...{ class: row.class, source: row.source, timeMs: row.time_ms },
    leaves: JSON.parse(row.leaves) as number[],
    leafChallenge: isFullRead ? undefined : given.question,
    leafAnswer: isFullRead ? undefined : given.answer,
    fullReadChallenge: isFullRead ? given.question : undefined,
    fullReadAnswer: isFullRead ? given.answer : undefined,
    tagHash: tagHash ?? undefined,
  };
}

function asPath({ leaf, hash, path }: IncidentPathsTable): TruePath {
  const count = path.length / HASH_BYTES;
  const at = (index: number): Uint8Array =>
    path.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  return { leaf, hash, path: Array.from({ length: count }, (_, index) => at(index)) };
}

export function packPath(path: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...path);
}

interface DeviceAsked {
  readonly incident: IncidentsTable;
  readonly storeId: StoreId;
  readonly leafBytes: number;
  readonly nowMs: number;
}

async function deviceOf(
  rows: Rows,
  { incident, storeId, leafBytes, nowMs }: DeviceAsked,
): Promise<Draft['device']> {
  const others = await rows
    .selectFrom('incident_examinations')
    .select(['copy_id', 'signed'])
    .where('store_id', '=', storeId)
    .where('time_ms', '>', nowMs - WINDOW_MS)
    .where('incident_id', '!=', incident.incident_id)
    .orderBy('time_ms', 'desc')
    .limit(MAX_DEVICE_EXAMINATIONS)
    .execute();
  const { examined } = await rows
    .selectFrom('incident_examinations')
    .select((all) => all.fn.countAll<number>().as('examined'))
    .where('store_id', '=', storeId)
    .where('time_ms', '>', nowMs - WINDOW_MS)
    .executeTakeFirstOrThrow();
  const { leaves } = await rows
    .selectFrom('copies')
    .innerJoin('packs', (join) =>
      join
        .onRef('packs.member_id', '=', 'copies.member_id')
        .onRef('packs.pack_id', '=', 'copies.pack_id'),
    )
    .select((all) => all.fn.sum<number | string | null>('packs.leaf_count').as('leaves'))
    .where('copies.store_id', '=', storeId)
    .executeTakeFirstOrThrow();
  let keptBytes = 0;
  const kept = others.filter(({ signed }) => {
    keptBytes += signed.length;
    return keptBytes <= MAX_DEVICE_BYTES;
  });
  return {
    heldBytes: Number(leaves ?? 0) * leafBytes,
    examined: Number(examined),
    examinations: kept.map(({ copy_id: copyId, signed }) => ({ copyId, signed })),
  };
}

async function failuresOf(rows: Rows, storeId: StoreId, nowMs: number): Promise<Draft['failures']> {
  const all = await rows
    .selectFrom('store_failures')
    .select(['time_ms', 'why'])
    .where('store_id', '=', storeId)
    .where('time_ms', '>', nowMs - WINDOW_MS)
    .orderBy('time_ms', 'desc')
    .limit(MAX_FAILURES_SHOWN)
    .execute();
  return all.map(({ time_ms: timeMs, why }) => ({ timeMs, why }));
}

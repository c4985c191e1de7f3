// Who may work on a pack that is on its way, and with which bytes: one row per member and pack, made before the
// first byte is encrypted. The digest in it never changes, so one id never meets two contents, not even across a
// crash; what is stored is answered again to whoever asks again (docs/decisions/0012-…).
import {
  type DeviceId,
  equalBytes,
  KuraError,
  type PackId,
  SECOND_MS,
  type SessionId,
} from '@kura/base';
import type { PackRecord, SessionKind } from '@kura/contract';
import type { UploadState, UploadsTable } from '../db/service-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { judgeContract } from '../members/contract.ts';
import { countClaimed } from '../members/usage.ts';
import { renewSession } from '../sessions/sessions.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import type { Holding } from './holding.ts';
import { readRecord } from './record-text.ts';

/** Longer: a gateway that died holds its packs up. Shorter: a slow database loses claims of the living. */
export const CLAIM_LEASE_MS = 60 * SECOND_MS;
/** Half of it lost to a stall still leaves time. */
export const RENEW_CLAIM_MS = 20 * SECOND_MS;
/** A lease that ends so far ahead is of a clock that jumped. */
const MAX_AHEAD_MS = 10 * CLAIM_LEASE_MS;

export interface Claim {
  readonly packId: PackId;
  readonly deviceId: DeviceId;
  /** What it is sent within: hours, uses and level were judged when it began. */
  readonly sessionId: SessionId;
  /** SHA-256 of the sealed pack. */
  readonly digest: Uint8Array;
  readonly leafCount: number;
  /** Of the network's shape: capacity is counted in bytes. */
  readonly leafBytes: number;
  /** Of the largest pack. */
  readonly largestLeaves: number;
  readonly gatewayId: string;
  /** Random; names this one request. */
  readonly holder: string;
  readonly nowMs: number;
}

/**
 * claimed: go on · received: a gateway has it in its spool and makes its copies · stored: it is done, here is the
 * record · challenged: its device has to prove itself first · busy: somebody else is at it.
 */
export type ClaimResult =
  | { readonly kind: 'received'; readonly retryMs: number }
  | { readonly kind: 'claimed' }
  | { readonly kind: 'challenged'; readonly challenge: OpenChallenge }
  | { readonly kind: 'stored'; readonly record: PackRecord }
  | { readonly kind: 'busy'; readonly retryMs: number };

/**
 * Throws `interrupted` without a living session, `already_exists` for an id that was used, `refused` for other bytes
 * under an id that was claimed, for a session that sends nothing, and for what the member's contract does not allow:
 * here, because nothing is written to a store before it is claimed.
 */
export async function claimUpload(of: MemberRows, claim: Claim): Promise<ClaimResult> {
  const { nowMs, sessionId } = claim;
  const kind = await renewSession({ ...of, nowMs }, sessionId);
  refuseReading(kind);
  await refuseUsed(of, claim.packId);
  const row = await readUpload(of, claim.packId);
  if (row === undefined) {
    await judgeClaim(of, { ...claim, kind });
    await insertClaim(of, claim);
    return { kind: 'claimed' };
  }
  if (!equalBytes(row.digest, claim.digest) || row.leaf_count !== claim.leafCount) {
    throw new KuraError('refused', `pack ${claim.packId} was sent before with other bytes`, {
      guidance: 'Seal it anew under another id: one id is used for one content.',
      context: { reason: 'digest', packId: claim.packId },
    });
  }
  if (row.record !== null) return { kind: 'stored', record: readRecord(row.record) };
  const leftMs = row.until_ms - nowMs;
  if (leftMs > 0 && leftMs <= MAX_AHEAD_MS) {
    const challenge = await openChallenge(of, claim.packId);
    if (challenge?.deviceId === claim.deviceId) return { kind: 'challenged', challenge };
    return { kind: row.state === 'received' ? 'received' : 'busy', retryMs: leftMs };
  }
  await judgeClaim(of, { ...claim, kind, leafCount: ALREADY_COUNTED });
  await takeOver(of, claim);
  return { kind: 'claimed' };
}

/** Packs come from these; the others read, and their contract was judged for no more. */
const SENDING: ReadonlySet<SessionKind> = new Set<SessionKind>(['backup', 'prune', 'repair']);

function refuseReading(kind: SessionKind): void {
  if (SENDING.has(kind)) return;
  throw new KuraError('refused', `within a ${kind} no packs are sent`, {
    guidance: 'Begin a backup.',
    context: { reason: 'session', kind },
  });
}

/** Leaves that a claim taken over adds to the usage: its own are in it since it was made. */
const ALREADY_COUNTED = 0;

async function judgeClaim(
  of: MemberRows,
  claim: Claim & { readonly kind: SessionKind },
): Promise<void> {
  const { kind, leafCount, leafBytes, largestLeaves, nowMs } = claim;
  await judgeContract(of, { act: 'claim', kind, leafCount, leafBytes, largestLeaves }, nowMs);
}

async function refuseUsed({ rows, memberId }: MemberRows, packId: PackId): Promise<void> {
  for (const table of ['packs', 'dropped_packs'] as const) {
    const used = await rows
      .selectFrom(table)
      .select('pack_id')
      .where('member_id', '=', memberId)
      .where('pack_id', '=', packId)
      .executeTakeFirst();
    if (used === undefined) continue;
    throw new KuraError('already_exists', `pack ${packId} is in custody, or was once`, {
      context: { packId },
    });
  }
}

async function insertClaim(of: MemberRows, claim: Claim): Promise<void> {
  await of.rows
    .insertInto('uploads')
    .values({
      member_id: of.memberId,
      pack_id: claim.packId,
      device_id: claim.deviceId,
      session_id: claim.sessionId,
      digest: claim.digest,
      leaf_count: claim.leafCount,
      state: 'claimed',
      gateway_id: claim.gatewayId,
      holder: claim.holder,
      claimed_ms: claim.nowMs,
      until_ms: claim.nowMs + CLAIM_LEASE_MS,
      challenge: null,
      challenge_store: null,
      record: null,
    })
    .execute();
  await countClaimed(of, claim.leafCount);
}

async function takeOver(of: MemberRows, claim: Claim): Promise<void> {
  await of.rows
    .updateTable('uploads')
    .set({
      state: 'claimed',
      device_id: claim.deviceId,
      session_id: claim.sessionId,
      gateway_id: claim.gatewayId,
      holder: claim.holder,
      until_ms: claim.nowMs + CLAIM_LEASE_MS,
      challenge: null,
      challenge_store: null,
    })
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', claim.packId)
    .execute();
}

/** Throws `interrupted` if the claim is somebody else's by now. */
export async function renewClaim(of: MemberRows, held: Holding, nowMs: number): Promise<void> {
  await change(of, held, { until_ms: nowMs + CLAIM_LEASE_MS });
}

/** It did not work out; whoever sends the same bytes again goes on at once. The digest stays. */
export async function releaseClaim(of: MemberRows, { packId, holder }: Holding): Promise<void> {
  await of.rows
    .updateTable('uploads')
    .set({ until_ms: 0 })
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .where('holder', '=', holder)
    .where('record', 'is', null)
    .execute();
}

/** It is durable in the gateway's spool. Throws `interrupted` if the claim is somebody else's by now. */
export async function noteReceived(of: MemberRows, held: Holding, nowMs: number): Promise<void> {
  await change(of, held, { state: 'received', until_ms: nowMs + CLAIM_LEASE_MS });
}

/**
 * A gateway that was started again goes on with what is in its spool: whoever held it was itself. False if there is
 * nothing to go on with: it is stored, or nobody wants it any more, or another gateway has taken it over.
 */
export async function resumeReceived(
  { rows, memberId }: MemberRows,
  held: Holding & Pick<Claim, 'gatewayId' | 'digest' | 'nowMs'>,
): Promise<boolean> {
  const { packId, holder, gatewayId, digest, nowMs } = held;
  const { numUpdatedRows } = await rows
    .updateTable('uploads')
    .set({ holder, gateway_id: gatewayId, until_ms: nowMs + CLAIM_LEASE_MS })
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('state', '=', 'received')
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** All copies are acknowledged. Throws `interrupted` if the claim is somebody else's by now. */
export async function noteStored(of: MemberRows, held: Holding, record: string): Promise<void> {
  await change(of, held, { state: 'stored', record, until_ms: 0 });
}

async function change(
  { rows, memberId }: MemberRows,
  { packId, holder }: Holding,
  columns: Partial<Pick<UploadsTable, 'state' | 'record' | 'until_ms'>>,
): Promise<void> {
  const { numUpdatedRows } = await rows
    .updateTable('uploads')
    .set(columns)
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('holder', '=', holder)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  throw new KuraError('interrupted', `pack ${packId} is worked on elsewhere by now`, {
    guidance: 'Ask how it ended.',
    context: { packId },
  });
}

export interface UploadView {
  readonly state: UploadState | 'absent';
  readonly record: PackRecord | undefined;
}

export async function describeUpload(of: MemberRows, packId: PackId): Promise<UploadView> {
  const row = await readUpload(of, packId);
  if (row === undefined) return { state: 'absent', record: undefined };
  return row.record === null
    ? { state: row.state, record: undefined }
    : { state: 'stored', record: readRecord(row.record) };
}

async function readUpload(
  { rows, memberId }: MemberRows,
  packId: PackId,
): Promise<UploadsTable | undefined> {
  return rows
    .selectFrom('uploads')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .executeTakeFirst();
}

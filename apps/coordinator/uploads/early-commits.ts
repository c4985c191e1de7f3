// Row A19, the early mode: a device hands a backup over when its packs are in the spools of gateways, and hangs up.
// It is a snapshot only when every pack has its copies; the network then commits it, by itself, or tells why it
// never will. Until then nobody is told that anything is safe (docs/design/network.md, "Hang up").
import { KuraError, MINUTE_MS, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import { decodeCommit, encodeCommit } from '@kura/contract/wire/commit-body.ts';
import { commitSnapshot } from '../custody/commit-snapshot.ts';
import { knownPacks } from '../custody/known-packs.ts';
import type { LogSigner } from '../custody/log-key.ts';
import type { Strength } from '../custody/record-packs.ts';
import { batches } from '../db/batches.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { judgeContract } from '../members/contract.ts';
import type { Processes } from '../sessions/processes.ts';
import { endSession, type LeaseContext, renewSession } from '../sessions/sessions.ts';
import { recordUploads } from './settle.ts';

/** A gateway that has not renewed the claim of a pack for so long has lost its spool, or is gone. */
export const GIVEN_UP_MS = 15 * MINUTE_MS;
/** Of one step: each is a transaction of its own. */
export const MAX_EARLY_COMMITS = 20;

type NewSnapshot = Parameters<typeof commitSnapshot>[1];

/** Kept until its packs are stored. Throws `refused` for packs that no gateway has of this member. */
export async function keepEarlyCommit(
  of: MemberRows,
  session: SessionId,
  { commit, nowMs }: { readonly commit: NewSnapshot; readonly nowMs: number },
): Promise<void> {
  const uses = [...commit.uses];
  const { unknown } = await standing(of, uses);
  const [missing] = unknown;
  if (missing !== undefined) {
    throw new KuraError('refused', `pack ${missing} was not sent by this member`, {
      guidance: 'Run the backup again: it sends what is missing.',
      context: { reason: 'upload', packId: missing },
    });
  }
  const row = {
    member_id: of.memberId,
    snapshot_id: commit.head.snapshotId,
    session_id: session,
    body: encodeCommit({ head: commit.head, uses }),
    made_ms: nowMs,
  };
  await of.rows
    .insertInto('early_commits')
    .values(row)
    .onConflict((same) => same.columns(['member_id', 'snapshot_id']).doNothing())
    .execute();
}

export interface EarlyCommit {
  readonly memberId: MemberRows['memberId'];
  readonly snapshotId: SnapshotId;
}

/** The oldest first. */
export async function earlyCommits(rows: Rows): Promise<readonly EarlyCommit[]> {
  const all = await rows
    .selectFrom('early_commits')
    .select(['member_id', 'snapshot_id'])
    .orderBy('made_ms')
    .limit(MAX_EARLY_COMMITS)
    .execute();
  return all.map((row) => ({ memberId: row.member_id, snapshotId: row.snapshot_id }));
}

export interface Finishing {
  readonly strength: Strength;
  readonly signer: LogSigner;
  readonly processes: Processes;
  readonly nowMs: number;
}

export type EarlyOutcome = 'waiting' | 'stored' | 'failed';

/** One of them, in a transaction of its own: committed, or waiting still, or never any more. */
export async function finishEarlyCommit(
  rows: Rows,
  { memberId, snapshotId }: EarlyCommit,
  finishing: Finishing,
): Promise<EarlyOutcome> {
  const of = { rows, memberId };
  const row = await rows
    .selectFrom('early_commits')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .executeTakeFirst();
  if (row === undefined) return 'stored';
  const { processes, nowMs } = finishing;
  const lease: LeaseContext = { ...of, processes, worker: processes.self, nowMs };
  const kept = { snapshotId, session: row.session_id, madeMs: row.made_ms };
  const commit = decodeCommit(row.body);
  try {
    if (!(await areStored(of, [...commit.uses], nowMs))) {
      // The device has gone: nobody else keeps its session alive.
      await renewSession(lease, kept.session);
      return 'waiting';
    }
    await commitNow(of, { commit, session: kept.session }, finishing);
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    await end(lease, kept, error);
    return 'failed';
  }
  await end(lease, kept, undefined);
  return 'stored';
}

/** Throws `interrupted` if one of them never will be. */
async function areStored(of: MemberRows, uses: readonly PackId[], nowMs: number): Promise<boolean> {
  const { uploads, unknown } = await standing(of, uses);
  const waiting = uploads.filter(({ state }) => state !== 'stored');
  const lost = waiting.find(({ untilMs }) => Math.abs(nowMs - untilMs) > GIVEN_UP_MS);
  const gone = lost?.packId ?? unknown[0];
  if (gone === undefined) return waiting.length === 0;
  throw new KuraError('interrupted', `pack ${gone} was lost with its gateway`, {
    guidance: 'Run the backup again: it sends what is missing.',
    context: { packId: gone },
  });
}

async function commitNow(
  of: MemberRows,
  { commit, session }: { readonly commit: NewSnapshot; readonly session: SessionId },
  finishing: Finishing,
): Promise<void> {
  const { strength, signer, nowMs } = finishing;
  const { uploads } = await standing(of, [...commit.uses]);
  const packs = uploads.map(({ packId }) => packId);
  await recordUploads(of, packs, { strength, nowMs, session });
  await judgeContract(of, { act: 'commit' }, nowMs);
  await commitSnapshot(of, commit, { signer, nowMs, minimumCopies: strength.minimumCopies });
}

interface Kept {
  readonly snapshotId: SnapshotId;
  readonly session: SessionId;
  readonly madeMs: number;
}

async function end(lease: LeaseContext, kept: Kept, error: KuraError | undefined): Promise<void> {
  const { rows, memberId, nowMs } = lease;
  const { snapshotId, session, madeMs } = kept;
  await rows
    .deleteFrom('early_commits')
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .execute();
  const figures = { snapshotId, hangUp: 'early', seconds: Math.round((nowMs - madeMs) / 1000) };
  const outcome = error === undefined ? 'done' : 'failed';
  await endSession(lease, session, { outcome, figures });
  const kind = error === undefined ? 'stored' : 'failed';
  const why = error === undefined ? null : error.message;
  const todo = error?.guidance ?? null;
  await tell(lease, { kind, body: { snapshotId, sessionId: session, why, todo }, nowMs });
}

interface Standing {
  /** Not packs yet. */
  readonly uploads: readonly {
    readonly packId: PackId;
    readonly state: string;
    readonly untilMs: number;
  }[];
  /** Neither packs nor uploads. */
  readonly unknown: readonly PackId[];
}

async function standing(
  { rows, memberId }: MemberRows,
  uses: readonly PackId[],
): Promise<Standing> {
  const recorded = await knownPacks({ rows, memberId }, uses);
  const uploads: Standing['uploads'][number][] = [];
  for (const batch of batches(uses)) {
    const sent = await rows
      .selectFrom('uploads')
      .select(['pack_id as packId', 'state', 'until_ms as untilMs'])
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
    uploads.push(...sent);
  }
  const known = new Set([...recorded, ...uploads.map(({ packId }) => packId)]);
  return { uploads, unknown: uses.filter((packId) => !known.has(packId)) };
}

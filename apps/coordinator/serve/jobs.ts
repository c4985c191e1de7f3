// What a coordinator does in the background, and how often: a list, each kind with the name of its lease. Who holds
// the leases, the planner and the watch over hazards are in the file beside this one.
import {
  type AlarmClock,
  HOUR_MS,
  type MemberId,
  MINUTE_MS,
  type Random,
  SECOND_MS,
} from '@kura/base';
import type { Log } from '@kura/daemon';
import { signNewList } from '../authority/revocations.ts';
import { keepClosings } from '../closing/step.ts';
import { writeCustodyEvents } from '../custody/write-events.ts';
import type { Lease } from '../leases/leases.ts';
import type { Cosigner } from '../log/cosigner.ts';
import { type MailSettings, openPost } from '../mail/open-post.ts';
import type { Outbox } from '../mail/outbox.ts';
import { sendDueMail } from '../mail/send-due.ts';
import { endMemberships } from '../members/ended.ts';
import type { Network } from '../network.ts';
import type { NoticeKeys } from '../notices/make-notices.ts';
import { writeNotices } from '../notices/write-notices.ts';
import { carryOutTimedOrders } from '../removal/timers.ts';
import { reapSessions } from '../sessions/reap.ts';
import { noteMissedStores } from '../stores/missed.ts';
import { earlyCommits, finishEarlyCommit } from '../uploads/early-commits.ts';
import { expireStoredUploads } from '../uploads/expire.ts';
import type { ValiditySettings } from '../validity/open-due.ts';
import { validityStep } from '../validity/validity-step.ts';
import { callMembers } from '../webhooks/call-members.ts';
import { type MemberWebhookSettings, openMemberCalls } from '../webhooks/open-member-calls.ts';
import { openWebhook, type WebhookSettings } from '../webhooks/operator-hook.ts';
import { sendDueImpostors } from '../webhooks/send-due-impostors.ts';
import { sendDueIncidents } from '../webhooks/send-due-incidents.ts';

export interface JobParts {
  readonly network: Network;
  /** Ed25519 seed of the coordinator. */
  readonly coordinatorSeed: Uint8Array;
  readonly log: Log;
  readonly clock: AlarmClock;
  readonly random: Random;
  /** Absent: what is told to members is in their inbox only. */
  readonly mail?: MailSettings | undefined;
  /** Absent: nobody but members is told of incidents. */
  readonly webhook?: WebhookSettings | undefined;
  /** Absent: no address of a member's is called. */
  readonly memberWebhooks?: MemberWebhookSettings | undefined;
  /** Absent: no closing day. */
  readonly validity?: ValiditySettings | undefined;
  readonly hookSecretOf: (member: MemberId, setMs: number) => Uint8Array;
  /** By which members' cards are told what has moved. */
  readonly notices: NoticeKeys;
  /** Absent: nobody cosigns the log. */
  readonly cosigner?: Pick<Cosigner, 'catchUp'>;
}

export interface Job {
  /** Name of the lease. */
  readonly name: string;
  readonly everyMs: number;
  readonly step: (lease: Lease) => Promise<unknown>;
}

export function jobsOf(parts: JobParts): readonly Job[] {
  const { network, clock, notices, coordinatorSeed } = parts;
  const { processes } = network;
  const { memberId: networkId, removalDelayMs } = network.charter;
  const closing = { coordinatorSeed, removalDelayMs };
  const nowMs = (): number => clock.nowMs();
  return [
    ...mailJobs(parts),
    ...webhookJobs(parts),
    ...memberHookJobs(parts),
    ...validityJobs(parts),
    {
      name: 'contracts',
      everyMs: HOUR_MS,
      step: (lease) =>
        lease.transact((rows) => endMemberships(rows, { network: networkId, nowMs: nowMs() })),
    },
    {
      name: 'sessions',
      everyMs: 30 * SECOND_MS,
      step: async (lease) => {
        await lease.transact((rows) => reapSessions(rows, { processes, nowMs: nowMs() }));
        await lease.transact((rows) => expireStoredUploads(rows, nowMs()));
      },
    },
    {
      name: 'terms',
      everyMs: MINUTE_MS,
      step: (lease) => lease.transact((rows) => carryOutTimedOrders(rows, { nowMs: nowMs() })),
    },
    {
      name: 'closings',
      everyMs: 5 * SECOND_MS,
      step: (lease) =>
        keepClosings(
          (work) => lease.transact(work),
          () => ({ ...closing, nowMs: nowMs() }),
        ),
    },
    {
      name: 'early commits',
      everyMs: 5 * SECOND_MS,
      step: (lease) => finishEarlyCommits(lease, parts),
    },
    {
      name: 'stores',
      everyMs: 10 * SECOND_MS,
      step: (lease) => lease.transact((rows) => noteMissedStores(rows, nowMs())),
    },
    {
      name: 'custody events',
      everyMs: 5 * SECOND_MS,
      step: async (lease) => {
        await writeCustodyEvents(network, (work) => lease.transact(work));
        await writeNotices(network, (work) => lease.transact(work), notices);
      },
    },
    revocationsJob(parts),
    ...cosigningJobs(parts),
  ];
}

/** What a commit did not wait for: witnesses that were away, leaves that nobody waited for. */
function cosigningJobs({ cosigner }: JobParts): readonly Job[] {
  if (cosigner === undefined) return [];
  let isFirst = true;
  const step = async (): Promise<void> => {
    // A coordinator does not wait for others before it serves.
    if (!isFirst) await cosigner.catchUp();
    isFirst = false;
  };
  return [{ name: 'witnesses', everyMs: 5 * SECOND_MS, step }];
}

function revocationsJob({ coordinatorSeed, clock, log }: JobParts): Job {
  let told = 0;
  return {
    name: 'revocations',
    everyMs: 5 * SECOND_MS,
    step: async (lease) => {
      const signing = { seed: coordinatorSeed, nowMs: clock.nowMs() };
      const list = await lease.transact((rows) => signNewList(rows, signing));
      const leftOut = list?.leftOut ?? 0;
      if (leftOut !== told) {
        log.event(leftOut > 0 ? 'error' : 'info', 'revocations left out', { leftOut });
      }
      told = leftOut;
    },
  };
}

/** Each in a transaction of its own: one that fails holds up no other. */
async function finishEarlyCommits(lease: Lease, { network, clock, log }: JobParts) {
  const { charter, processes } = network;
  const { copies: minimumCopies, shape } = charter;
  const strength = { minimumCopies, packLeaves: shape.packLeaves };
  for (const commit of await network.database.read(earlyCommits)) {
    const finishing = { strength, signer: network.signer(), processes, nowMs: clock.nowMs() };
    const outcome = await lease.transact((rows) => finishEarlyCommit(rows, commit, finishing));
    if (outcome === 'waiting') continue;
    log.event('info', `early backup ${outcome}`, { member: commit.memberId });
  }
}

function webhookJobs({ network, clock, webhook }: JobParts): readonly Job[] {
  if (webhook === undefined) return [];
  const hook = openWebhook(webhook, { networkId: network.charter.memberId, clock });
  const rows = network.database.kysely;
  return [
    {
      name: 'webhook',
      everyMs: 10 * SECOND_MS,
      step: async (lease) => {
        const box: Outbox = { rows, transact: (work) => lease.transact(work) };
        await sendDueIncidents(box, hook);
        await sendDueImpostors(box, hook);
      },
    },
  ];
}

function validityJobs(parts: JobParts): readonly Job[] {
  const { network, clock, random, validity: settings, notices } = parts;
  if (settings === undefined) return [];
  const { database, charter } = network;
  const named = { networkId: charter.memberId, minimumCopies: charter.copies };
  return [
    {
      name: 'validity',
      everyMs: 30 * SECOND_MS,
      step: (lease) =>
        validityStep({
          ...{ database, ...named, keys: notices.keys, settings, random },
          transact: (work) => lease.transact(work),
          nowMs: () => clock.nowMs(),
        }),
    },
  ];
}

function memberHookJobs(parts: JobParts): readonly Job[] {
  const { network, clock, hookSecretOf, memberWebhooks } = parts;
  if (memberWebhooks === undefined) return [];
  const networkId = network.charter.memberId;
  const calls = openMemberCalls(memberWebhooks, { networkId, clock, hookSecretOf });
  const rows = network.database.kysely;
  return [
    {
      name: 'member webhooks',
      everyMs: 5 * SECOND_MS,
      step: (lease) => callMembers({ rows, transact: (work) => lease.transact(work) }, calls),
    },
  ];
}

function mailJobs({ network, clock, mail }: JobParts): readonly Job[] {
  if (mail === undefined) return [];
  const post = openPost(mail, { networkId: network.charter.memberId, clock });
  const rows = network.database.kysely;
  return [
    {
      name: 'mail',
      everyMs: 10 * SECOND_MS,
      step: (lease) => sendDueMail({ rows, transact: (work) => lease.transact(work) }, post),
    },
  ];
}

// The background work of a coordinator: each kind under its own lease, so that several coordinators on one set of
// tables share it, and one that dies is followed by another.
import { type AlarmClock, HOUR_MS, type Random, SECOND_MS, toHex } from '@kura/base';
import type { Log } from '@kura/daemon';
import { parseMailAddress, parseRelay, sendMail } from '@kura/wire/outside/smtp.ts';
import { signNewList } from '../authority/revocations.ts';
import type { Lease } from '../leases/leases.ts';
import { Leases } from '../leases/leases.ts';
import { type Post, sendDueMail } from '../mail/send-due.ts';
import { endMemberships } from '../members/ended.ts';
import type { Network } from '../network.ts';
import { reapSessions } from '../sessions/reap.ts';
import { noteMissedStores } from '../stores/missed.ts';
import { forgetOldUploads } from '../uploads/expire.ts';
import { Periodic } from './periodic.ts';

export interface BackgroundParts {
  readonly network: Network;
  /** Ed25519 seed of the coordinator. */
  readonly coordinatorSeed: Uint8Array;
  readonly log: Log;
  readonly clock: AlarmClock;
  readonly random: Random;
  /** Absent: what is told to members is in their inbox only. */
  readonly mail?: { readonly relay: string; readonly from: string } | undefined;
}

interface Job {
  /** Name of the lease. */
  readonly name: string;
  readonly everyMs: number;
  readonly step: (lease: Lease) => Promise<unknown>;
}

const HOLDER_BYTES = 16;

export class Background {
  readonly #leases: Leases;
  readonly #periodics: readonly Periodic[];

  constructor(parts: BackgroundParts) {
    const { network, log, clock, random } = parts;
    const holder = toHex(random.bytes(HOLDER_BYTES));
    this.#leases = new Leases({ database: network.database, holder });
    this.#periodics = jobsOf(parts).map(
      ({ name, everyMs, step }) =>
        new Periodic({ name, everyMs, work: () => this.#work(name, step), log, clock }),
    );
  }

  async start(): Promise<void> {
    for (const periodic of this.#periodics) await periodic.start();
  }

  /** Leases are given back: another coordinator goes on at once. */
  async stop(): Promise<void> {
    for (const periodic of this.#periodics) await periodic.stop();
    await this.#leases.giveBack();
  }

  async #work(name: string, step: Job['step']): Promise<void> {
    const lease = await this.#leases.take(name);
    if (lease !== undefined) await step(lease);
  }
}

function jobsOf(parts: BackgroundParts): readonly Job[] {
  const { network, coordinatorSeed, clock } = parts;
  const { processes } = network;
  const { memberId: networkId } = network.charter;
  const nowMs = (): number => clock.nowMs();
  return [
    ...mailJobs(parts),
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
        await lease.transact((rows) => forgetOldUploads(rows, nowMs()));
      },
    },
    {
      name: 'stores',
      everyMs: 10 * SECOND_MS,
      step: (lease) => lease.transact((rows) => noteMissedStores(rows, nowMs())),
    },
    {
      name: 'revocations',
      everyMs: 5 * SECOND_MS,
      step: (lease) =>
        lease.transact((rows) => signNewList(rows, { seed: coordinatorSeed, nowMs: nowMs() })),
    },
  ];
}

function mailJobs({ network, clock, mail }: BackgroundParts): readonly Job[] {
  if (mail === undefined) return [];
  const from = parseMailAddress(mail.from);
  const relay = parseRelay(mail.relay);
  const helloName = from.slice(from.lastIndexOf('@') + 1);
  const post: Post = {
    from,
    networkId: network.charter.memberId,
    nowMs: () => clock.nowMs(),
    send: (letter) => sendMail(relay, letter, { helloName, clock }),
  };
  const rows = network.database.kysely;
  return [
    {
      name: 'mail',
      everyMs: 10 * SECOND_MS,
      step: (lease) => sendDueMail({ rows, transact: (work) => lease.transact(work) }, post),
    },
  ];
}

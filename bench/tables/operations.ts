// What programs ask of the tables, one operation each, on as many packs at a time as they do. How many packs there are
// besides must not matter.
import { deviceId, must, type PackId, type SessionId, SMALL_SHAPE, toHex } from '@kura/base';
import { changedPacks } from '@kura/coordinator/custody/changed-packs.ts';
import { type NamedCopy, packsOfCopies } from '@kura/coordinator/custody/copies-named.ts';
import type { MemberRows } from '@kura/coordinator/db/tables.ts';
import { forgetOrder, type TestNetwork } from '@kura/coordinator/fixtures.ts';
import { endMemberships } from '@kura/coordinator/members/ended.ts';
import { reapSessions } from '@kura/coordinator/sessions/reap.ts';
import { noteMissedStores } from '@kura/coordinator/stores/missed.ts';
import { claimUpload, noteStored } from '@kura/coordinator/uploads/claim.ts';
import { expireStoredUploads } from '@kura/coordinator/uploads/expire.ts';
import { recordText } from '@kura/coordinator/uploads/record-text.ts';
import { recordUploads } from '@kura/coordinator/uploads/settle.ts';
import { dueWarrants } from '@kura/coordinator/warrants/order.ts';
import { transact } from '@kura/database';
import type { Filled } from './fill.ts';

/** The largest batch that a program asks for. */
const BATCH = 500;
/** Packs at a time where a batch is judged: more of 2,000 would be neighbours on the same pages of the tables. */
const SPARSE = 20;
const PAGE = 1000;
/** Packs of a backup of an evening. */
const BACKUP = 8;
const DEVICE = deviceId('de'.repeat(16));

export class Subject {
  readonly network: TestNetwork;
  readonly #filled: Filled;
  #at = 0;

  constructor(network: TestNetwork, filled: Filled) {
    this.network = network;
    this.#filled = filled;
  }

  get of(): MemberRows {
    const { database, coordinator } = this.network;
    return { rows: database.kysely, memberId: coordinator.memberId };
  }

  /** `work` within a session of a backup. */
  async save<T>(work: (session: SessionId) => Promise<T>): Promise<T> {
    const { coordinator } = this.network;
    const session = await coordinator.beginSession('backup');
    const result = await work(session);
    await coordinator.endSession(session);
    return result;
  }

  transact<T>(work: (of: MemberRows) => Promise<T>): Promise<T> {
    const { database, coordinator } = this.network;
    return transact(database, (rows) => work({ rows, memberId: coordinator.memberId }));
  }

  /** Packs that were not looked at lately, from all over the tables. */
  some(count: number): readonly PackId[] {
    return this.#pick(this.#filled.packs, count);
  }

  readonly someCopies = (count: number): readonly NamedCopy[] =>
    this.#pick(this.#filled.copies, count);

  #pick<T>(all: readonly T[], count: number): readonly T[] {
    const step = Math.max(1, Math.floor(all.length / count));
    const from = this.#at++ % step;
    return Array.from({ length: count }, (_, index) => all[from + index * step]).filter(
      (one) => one !== undefined,
    );
  }
}

export interface Operation {
  readonly name: string;
  /** Absent: judged. Otherwise why it is shown only. */
  readonly unjudged?: string;
  readonly run: (subject: Subject) => Promise<unknown>;
}

export const OPERATIONS: readonly Operation[] = [
  { name: 'describe the network', run: ({ network }) => network.coordinator.describe() },
  {
    name: 'begin and end a session',
    run: async ({ network: { coordinator } }) => {
      await coordinator.endSession(await coordinator.beginSession('backup'));
    },
  },
  {
    name: 'claim, store and record 8 packs',
    run: (subject) => subject.save((session) => upload(subject, session)),
  },
  {
    name: 'commit a snapshot of 8 new and 20 old packs',
    run: (subject) =>
      subject.save(async (session) => {
        const uses = [...subject.some(SPARSE), ...(await upload(subject, session))];
        const { coordinator } = subject.network;
        const head = subject.network.head(uses);
        await coordinator.commitSnapshot(session, head, uses);
        await coordinator.forgetSnapshots(forgetOrder(coordinator.memberId, head.snapshotId));
      }),
  },
  {
    name: 'look up a pack',
    run: (subject) => subject.network.coordinator.pack(first(subject.some(1))),
  },
  {
    name: 'a page of 1,000 packs',
    run: (subject) => subject.network.coordinator.packs(first(subject.some(2)), PAGE),
  },
  {
    name: 'what changed since the last backup',
    run: async ({ of, network }) => {
      const { ticks } = await of.rows
        .selectFrom('members')
        .select('ticks')
        .where('member_id', '=', network.coordinator.memberId)
        .executeTakeFirstOrThrow();
      await changedPacks(of, { sinceTick: ticks - 3, limit: PAGE });
    },
  },
  ...[SPARSE, BATCH].flatMap((count) => batched(count)),
  {
    name: 'remove 8 packs',
    run: async (subject) => {
      const { coordinator } = subject.network;
      const packs = await subject.save((session) => upload(subject, session));
      await coordinator.markPacks(packs);
      const seen = (await coordinator.snapshots()).map(({ snapshotId }) => snapshotId);
      const prune = await coordinator.beginSession('prune');
      await coordinator.condemnPacks(prune, packs, seen);
      await coordinator.dropPacks(packs);
      await coordinator.endSession(prune);
    },
  },
  {
    name: 'a copy is found wrong, and right again',
    run: async (subject) => {
      const { coordinator } = subject.network;
      const packId = first(subject.some(1));
      const copy = (await coordinator.pack(packId))?.copies[0];
      if (copy === undefined) throw new Error('every pack has copies');
      await coordinator.setCopyState(packId, copy.storeId, 'damaged');
      await coordinator.setCopyState(packId, copy.storeId, 'held');
    },
  },
  {
    name: 'snapshots, usage and journal',
    run: async ({ network: { coordinator } }) => {
      await coordinator.snapshots();
      await coordinator.usage();
      await coordinator.journal();
    },
  },
  {
    name: 'a round of background work',
    run: async (subject) => {
      const { network } = subject;
      const { processes } = network;
      const nowMs = network.clock.nowMs();
      await subject.transact(async ({ rows, memberId }) => {
        await reapSessions(rows, { processes, nowMs });
        await expireStoredUploads(rows, nowMs);
        await noteMissedStores(rows, nowMs);
        await endMemberships(rows, { network: memberId, nowMs });
        for (const { identity } of network.stores) {
          await dueWarrants(rows, { storeId: identity.storeId, nowMs, limit: BATCH });
        }
      });
    },
  },
];

/** A quarter of few packs share their pages, the same number of many packs has a page each. */
function batched(count: number): readonly Operation[] {
  const shown = count === BATCH ? { unjudged: 'a quarter of the small tables' } : {};
  return [
    {
      name: `the copies of ${count} tickets`,
      run: ({ of, someCopies }) => packsOfCopies(of, someCopies(count)),
      ...shown,
    },
    {
      name: `mark ${count} packs, and take it back`,
      run: async (subject) => {
        const { coordinator } = subject.network;
        const packs = subject.some(count);
        await coordinator.markPacks(packs);
        await coordinator.unmarkPacks(packs);
      },
      ...shown,
    },
  ];
}

function first<T>(all: readonly T[]): T {
  return must(all[0], 'there are packs');
}

async function upload(subject: Subject, sessionId: SessionId): Promise<readonly PackId[]> {
  const { clock, random } = subject.network;
  const packs = subject.network.newPacks(BACKUP);
  for (const pack of packs) {
    const { packId } = pack;
    const holder = toHex(random.bytes(8));
    const nowMs = clock.nowMs();
    await subject.transact((of) =>
      claimUpload(of, {
        ...{ packId, leafCount: pack.leafCount, leafBytes: SMALL_SHAPE.leafBytes },
        largestLeaves: SMALL_SHAPE.packLeaves[2],
        ...{ deviceId: DEVICE, digest: random.bytes(32), gatewayId: 'g', holder, nowMs },
        sessionId,
      }),
    );
    await subject.transact((of) => noteStored(of, { packId, holder }, recordText(pack)));
  }
  const ids = packs.map(({ packId }) => packId);
  const strength = { minimumCopies: 2, packLeaves: SMALL_SHAPE.packLeaves };
  await subject.transact((of) =>
    recordUploads(of, ids, { strength, nowMs: clock.nowMs(), session: sessionId }),
  );
  return ids;
}

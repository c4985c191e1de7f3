// Sample snapshots, stores and entries for the tests of the commands, and how to look at what they did.
import assert from 'node:assert/strict';
import {
  byteString,
  deviceId,
  type PackId,
  type SnapshotId,
  type StoreId,
  storeId,
} from '@kura/base';
import { type Call, type Ran, sampleSnapshot } from '../cli/test-host.ts';
import type { DeviceView, MembershipPort, MessageView } from '../member/port.ts';
import type { RemovalsDesk } from '../removals/port.ts';
import type { Rewriting } from '../rewrite/port.ts';
import type { StampsPort, StampsView } from '../stamps/port.ts';
import type * as card from './card-views.ts';
import type * as view from './views.ts';

export const FIRST = sampleSnapshot({ id: 'aaaa1111', timeMs: Date.UTC(2026, 10, 1) });
export const SECOND = sampleSnapshot({
  id: 'bbbb2222',
  timeMs: Date.UTC(2026, 10, 2),
  tags: ['photos'],
  kind: 'incremental',
  parent: FIRST.id,
});
export const SNAPSHOTS = [FIRST, SECOND];

export const OSAKA: view.PlaceView = { city: 'jp-osaka', cityName: 'Osaka', lat: 34.7, lon: 135.5 };
export const STORE: view.StoreView = {
  ...OSAKA,
  storeId: 'ab'.repeat(16) as StoreId,
  folder: '/mnt/nas',
  cipher: 'chacha20',
  state: 'active',
  freeBytes: 1024,
};
export const NETWORK: view.NetworkView = {
  memberId: 'cd'.repeat(16) as view.NetworkView['memberId'],
  home: OSAKA,
  copies: 2,
  stores: [STORE],
};
export const MEMBER: view.MemberView = {
  memberId: NETWORK.memberId,
  deviceId: 'ef'.repeat(16),
  ownerKey: '01'.repeat(32),
  keyEpoch: 0,
  network: NETWORK,
};

const REMOVED_MS = Date.UTC(2026, 10, 3);
export const REMOVALS: RemovalsDesk = {
  list: async () => ({
    removals: [
      {
        ...{ removalId: 'ab'.repeat(16), state: 'carrying', packs: 3, bytes: 4096 },
        ...{ orderedMs: REMOVED_MS, dueMs: REMOVED_MS + 1, endedMs: undefined },
        stores: [{ storeId: STORE.storeId, confirmedMs: REMOVED_MS + 2 }],
      },
    ],
    forgotten: [
      {
        ...{ snapshotId: 'cc'.repeat(32) as SnapshotId, packId: 'dd'.repeat(32) as PackId },
        ...{ timeMs: REMOVED_MS, loggedMs: REMOVED_MS, forgottenMs: REMOVED_MS },
        ...{ predecessor: undefined, leafIndex: 4 },
      },
    ],
    terms: [{ termId: 'ee'.repeat(32), dueMs: REMOVED_MS, snapshots: [FIRST.id] }],
  }),
  closings: async () => ({
    consent: { days: 30, signedMs: REMOVED_MS },
    closings: [
      {
        ...{ memberId: NETWORK.memberId, closingId: 'fa'.repeat(16), state: 'notice', days: 30 },
        ...{ givenMs: REMOVED_MS, endsMs: REMOVED_MS + 1, endedMs: undefined, why: undefined },
        stores: [{ storeId: STORE.storeId, heldMs: 0, isReady: false }],
      },
    ],
  }),
  consent: async () => undefined,
  withdraw: async () => undefined,
  revoke: async () => undefined,
  endTerm: async () => undefined,
  setTerm: async () => undefined,
  recall: async () => SECOND.id,
};

export const node = (path: string, change: Partial<view.NodeView> = {}): view.NodeView => ({
  path: byteString(path),
  type: 'file',
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  sizeBytes: 5,
  mtimeNs: 1_700_000_000_123_456_789n,
  ctimeNs: 1_700_000_000_000_000_000n,
  inode: 7n,
  links: 1,
  target: byteString(''),
  ...change,
});

export async function* stream<T>(...items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

export function argumentOf<T>(ran: Ran, method: string): T {
  const call = ran.calls.find((one: Call) => one.method === method);
  assert.ok(call !== undefined, `${method} was called: ${ran.err}`);
  return call.argument as T;
}

export const records = (ran: Ran) =>
  ran.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const calledOnly = (ran: Ran): string[] =>
  ran.calls.map(({ method }) => method).filter((method) => method !== 'close');

export const PROOF: view.ProofView = {
  provedMs: Date.UTC(2026, 10, 15),
  ...{ files: 40, bytes: 4000, totalFiles: 1204, totalBytes: 100_000 },
};

export const DRILLED: view.DrilledView = { ...PROOF, snapshot: SECOND, durationMs: 1500 };

export const HISTORY: view.HistoryView = {
  newest: {
    snapshotId: SECOND.id,
    timeMs: SECOND.timeMs,
    loggedMs: SECOND.timeMs,
    isWitnessed: false,
    isShown: true,
  },
  knownHeads: 2,
  acceptedHeads: 0,
  findings: [],
  findingCount: 0,
  log: 'continues',
  evidence: undefined,
};

export const WHOLE_CHECK: view.CheckView = {
  proofs: { count: 1, oldestMs: PROOF.provedMs },
  history: HISTORY,
  packs: 3,
  snapshots: 1,
  copiesRead: 6,
  bytesRead: 1000,
  hurtStores: [],
  storesInDanger: [],
  movesThemselves: false,
  hurtPacks: [],
  hurtPackCount: 0,
  lostPackCount: 0,
  awayPackCount: 0,
  lostSnapshots: [],
  shutSnapshots: [],
  early: [],
};

export const HURT_PACK: view.HurtPackView = {
  packId: '12'.repeat(32) as PackId,
  isLost: false,
  intactCopies: 1,
  wantedCopies: 2,
  hurt: [{ storeId: STORE.storeId, cityName: 'Osaka', why: 'the copy is gone' }],
};

export const REPAIR_PLAN: view.RepairPlanView = {
  steps: [{ act: 'rewrite', cityName: 'Osaka', folder: '/mnt/nas', copies: 1, bytes: 1024 }],
  hopeless: [],
};

export const REPAIRED: view.RepairView = {
  copiesHealed: 0,
  copiesWritten: 1,
  bytesWritten: 1024,
  packsBelowStrength: 0,
  packsAway: 0,
  packsLost: 0,
  failures: [],
};

export const PRUNED: view.PruneView = {
  packsTotal: 5,
  packsUnused: 2,
  packsRepacked: 1,
  packsRemoved: 2,
  bytesFreed: 2048,
  bytesUnusedLeft: 0,
  packsWaiting: 0,
};

const STEP = { files: 2, folders: 1, bytes: 2048, isNotarised: true };
export const REWRITING: Rewriting = {
  steps: [FIRST, SECOND].map(({ id, timeMs, hostname }) => ({
    ...{ snapshotId: id, timeMs, hostname },
    ...STEP,
  })),
  bytesBack: 4096,
  carryOut: async ({ onRewritten }) => onRewritten({ from: FIRST.id, to: SECOND.id }),
};

export const COPY: view.CopyView = {
  ...OSAKA,
  storeId: STORE.storeId,
  folder: '/mnt/nas',
  cipher: 'chacha20',
  state: 'held',
  reason: 'lowest risk far from home',
};

export const PACK: view.PackView = {
  packId: '12'.repeat(32) as PackId,
  sizeBytes: 1 << 20,
  state: 'standing',
  copies: [COPY, { ...COPY, state: 'lost', cityName: 'Tokyo' }],
};

export const STATS: view.StatsView = {
  snapshotsCount: 2,
  totalBytes: 1000,
  totalFiles: 3,
  packs: 4,
  chunks: 5,
  uncompressedBytes: 2500,
};

export const JOURNAL_ENTRY: view.JournalView = {
  sessionId: 's1',
  kind: 'backup',
  beganMs: Date.UTC(2026, 10, 3),
  endedMs: Date.UTC(2026, 10, 3, 0, 0, 5),
  outcome: 'done',
  figures: { snapshotId: 'ab'.repeat(32) },
  subject: {
    ...{ hostname: 'laptop', paths: ['/home/ann', '/etc'], morePaths: 1, tags: ['storm'] },
    isDryRun: false,
  },
  places: [
    { storeId: storeId('1'.repeat(32)), cityName: 'Osaka', copies: 2 },
    { storeId: storeId('2'.repeat(32)), cityName: undefined, copies: 1 },
  ],
};

export const RESTORED: view.RestoreView = {
  history: HISTORY,
  restored: 5,
  updated: 1,
  unchanged: 2,
  skipped: 0,
  deleted: 0,
  bytes: 2048,
  neededBytes: 4096,
  freeBytes: 1 << 20,
  durationMs: 1000,
  problems: [],
  problemCount: 0,
};

export const CACHE: view.CacheView = {
  folder: '/kura-home/agent',
  indexBytes: 1024,
  packBytes: 0,
  indexedPacks: 1,
  freedBytes: 0,
};

export const RECOVERED: view.RecoveryView = {
  network: NETWORK,
  snapshots: SNAPSHOTS,
  packs: 3,
  packsUnreadable: 0,
  copiesPassedOver: 0,
  snapshotsIncomplete: 0,
  snapshotsAbsent: 0,
  copiesWanted: 2,
  isHomeKnown: true,
};

export const BACKED_UP: view.BackupView = {
  snapshotId: SECOND.id,
  kind: 'incremental',
  statistics: SECOND.statistics,
  copiesMin: 2,
  copiesWanted: 2,
  packsBelowStrength: 0,
  problems: [],
  problemCount: 0,
  isTakenOver: false,
  early: [],
  receipt: { leafIndex: 3, witnessed: false },
};

export const CARD: card.CardView = {
  folder: '/home/ann/.local/share/kura/card',
  cardId: 'c'.repeat(32),
  networkId: 'e'.repeat(32),
  memberId: MEMBER.memberId,
  account: 'ann',
  coordinators: ['kura.example.org:7443'],
  network: 'kura-network:kura.example.org:7443#fingerprint',
  stores: [
    {
      storeId: 'a'.repeat(32),
      city: 'jp-osaka',
      readers: ['osaka.example.org:7445'],
      canBeReadAlone: true,
      pseudonym: MEMBER.memberId,
    },
  ],
};

export const VERIFIED_CARD: card.VerifiedCardView = {
  folder: '/home/ann/.local/share/kura/card',
  ...{ receipts: 2, events: 1, sessions: 3, packs: 4 },
  stores: [
    { storeId: 'a'.repeat(32), city: 'Osaka', copies: 4, why: undefined },
    { storeId: 'b'.repeat(32), city: 'Frankfurt', copies: 4, why: 'it is away' },
  ],
};

export const FOUND_PACK: card.FoundPackView = {
  packId: 'ab'.repeat(32) as PackId,
  how: 'asked',
  holders: [{ storeId: 'a'.repeat(32) as StoreId, cityName: 'Osaka', where: '/mnt/osaka' }],
  silent: [{ storeId: 'b'.repeat(32) as StoreId, cityName: 'Frankfurt', why: 'it is away' }],
};

export const GIVEN_BACK: card.GivenBackView = {
  ...{ packs: 3, copies: 5, dropped: 1, snapshots: 2, events: 1, forgotten: 1, isEnded: true },
  unconfirmed: [{ storeId: 'a'.repeat(32) as StoreId, city: 'Osaka', copies: 1, why: 'missing' }],
  refused: [{ snapshotId: FIRST.id, why: 'log' }],
};

export const DEVICES: readonly DeviceView[] = [
  {
    deviceId: deviceId('d'.repeat(32)),
    ...{ kind: 'device', name: 'laptop', addedMs: 1, revokedMs: undefined, isThis: true },
    place: OSAKA,
  },
  {
    deviceId: deviceId('e'.repeat(32)),
    ...{ kind: 'card', name: 'card', addedMs: 1, revokedMs: 2, isThis: false },
    place: undefined,
  },
];

export const MESSAGES: readonly MessageView[] = [
  { number: 1, kind: 'device', madeMs: 1, readMs: 2, facts: { added: 'laptop' } },
  { number: 2, kind: 'stored', madeMs: 3, readMs: undefined, facts: { packs: 5 } },
];

export const MEMBERSHIP: MembershipPort = {
  devices: async () => DEVICES,
  removeDevice: async () => undefined,
  placeDevice: async (_, place) => (place === undefined ? undefined : OSAKA),
  home: async () => OSAKA,
  setHome: async () => OSAKA,
  inbox: () => stream(...MESSAGES),
  noteRead: async () => undefined,
  webhook: async () => ({
    ...{ url: 'https://hook.example.org/', isOn: true, setMs: 1, waiting: 2 },
    ...{ failingMs: 3, why: 'the webhook answered 503' },
  }),
  setWebhook: async () => 'ab'.repeat(32),
  clearWebhook: async () => undefined,
};

const STAMPED: StampsView = {
  ...{ snapshotId: FIRST.id, approvals: 1, imprint: 'ab'.repeat(32) },
  stamps: [{ name: 'the network', timeMs: 0, accuracyMs: undefined, authority: 'CN=authority' }],
  failures: [{ name: 'tsa.example.org', why: 'it did not answer' }],
};
export const STAMPS: StampsPort = {
  ready: async () => undefined,
  add: async () => STAMPED,
  show: async () => STAMPED,
  carry: async () => undefined,
};

export const AUDITED_MINE: view.OwnAuditView = {
  stores: [
    {
      ...{ store: STORE, copies: 3, asked: 460, right: 459, bytesRead: 120_000 },
      ...{ faults: ['leaf 5 is not what was stored'], away: 'its line broke' },
    },
  ],
};

export const AUDITED: view.AuditRunView = {
  ...{ leaves: 25, compared: 3, readInFull: 2, lineBytes: 1000, faults: 1, waiting: 1 },
};

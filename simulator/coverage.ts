// What a run has reached: every accident, every call at which a process ended, and every path of the program
// that a seed should lead to has a name and is counted, so that a simulator which quietly does less than before
// is seen. A long run in which a name was never reached fails: what it should prove is not proven.

/** Calls of a process to disks and tables: at each it may be killed, or meet an error. */
export const CALLS = [
  'create',
  'openRead',
  'read',
  'write',
  'sizeBytes',
  'sync',
  'close',
  'link',
  'unlink',
  'rename',
  'makeFolder',
  'syncFolder',
  'list',
  'stat',
  'freeBytes',
  'begin of a transaction',
  'end of a transaction',
  'begin of a look',
  'query',
] as const;

/** Commands that are killed and disturbed; each also ends well. */
export const COMMANDS = ['backup', 'forget', 'prune', 'check', 'repair', 'recover'] as const;
const ENDINGS = ['done', 'failed', 'killed'] as const;

const ACCIDENTS = [
  'power cut',
  'power cut of one store during a command',
  'unsynced name lost',
  'unsynced name kept',
  'unsynced page lost',
  'unsynced page torn',
  'unsynced page kept',
  'copy gone',
  'copy cut short',
  'copy rotten all over',
  'copy rotten in places',
  'cache rotten',
  'caches lost',
  'store burnt',
  'store replaced',
  'store away',
  'store back',
  'disk nearly full',
  'write on a full disk',
] as const;

const PATHS = [
  'restore',
  'restore without cache',
  'backup beside backup',
  'backup beside prune',
  'killed beside others',
  'command with a store away',
  'command with a store hurt',
  'source changed during a backup',
  'snapshot of a changing source',
  'backup with two lines',
  'backup below strength',
  'prune repacks',
  'prune removes packs',
  'copy healed or rewritten',
  'copy written anew',
  'recover passes damaged copies over',
] as const;

export type Reachable =
  | `killed at ${(typeof CALLS)[number]}`
  | `error at ${(typeof CALLS)[number]}`
  | `${(typeof COMMANDS)[number]} ${(typeof ENDINGS)[number]}`
  | (typeof ACCIDENTS)[number]
  | (typeof PATHS)[number];

/** All names, in the order in which people read them. */
export const REACHABLE: readonly Reachable[] = [
  ...COMMANDS.flatMap((command) => ENDINGS.map((ending) => `${command} ${ending}` as const)),
  ...PATHS,
  ...ACCIDENTS,
  ...CALLS.map((call) => `killed at ${call}` as const),
  ...CALLS.map((call) => `error at ${call}` as const),
];

const NAMES: ReadonlySet<string> = new Set(REACHABLE);

/** How often each name was reached; what is absent was not. */
export type Counts = { [name in Reachable]?: number };

export class Coverage {
  readonly counts: Counts = {};

  note(name: Reachable, times = 1): void {
    if (times > 0) this.counts[name] = (this.counts[name] ?? 0) + times;
  }

  /** A name that is put together; one that nobody expects is not counted. */
  noteIfKnown(name: string): void {
    if (NAMES.has(name)) this.note(name as Reachable);
  }
}

export function addCounts(sum: Counts, more: Counts): void {
  for (const name of REACHABLE) {
    const count = more[name];
    if (count !== undefined) sum[name] = (sum[name] ?? 0) + count;
  }
}

export function unreached(counts: Counts): readonly Reachable[] {
  return REACHABLE.filter((name) => counts[name] === undefined);
}

/** One line per name: how often, and how often in a thousand seeds. */
export function coverageTable(counts: Counts, seeds: number): string {
  const lines = REACHABLE.map((name) => {
    const count = counts[name] ?? 0;
    const share = ((1000 * count) / Math.max(1, seeds)).toFixed(1);
    return `${String(count).padStart(10)} ${share.padStart(10)}  ${name}`;
  });
  return [`${'reached'.padStart(10)} ${'per 1000'.padStart(10)}`, ...lines].join('\n');
}

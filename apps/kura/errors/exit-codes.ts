// The one place where an error becomes an exit code. Scripts rely on these numbers, so none ever changes
// its meaning; domain code knows only error codes.
import type { ErrorCode } from '@kura/base';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Some source files could not be read; the snapshot exists. */
  sourceUnreadable: 3,
  noNetwork: 10,
  busy: 11,
  wrongPassphrase: 12,
  /** By contract, certificate, warrant or policy. */
  refused: 13,
  noSpace: 14,
  dataLost: 20,
  /** Backup: packs kept, no snapshot. */
  tooFewStores: 21,
  /** Everything restorable, some packs below strength. */
  degraded: 22,
  /** What the network shows of the history is not what this device knows of it. */
  rolledBack: 23,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Exhaustive: a new error code does not compile until it has an exit code. */
const EXIT_OF: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  no_network: EXIT.noNetwork,
  already_exists: EXIT.failed,
  not_found: EXIT.failed,
  wrong_passphrase: EXIT.wrongPassphrase,
  busy: EXIT.busy,
  refused: EXIT.refused,
  no_space: EXIT.noSpace,
  too_few_stores: EXIT.tooFewStores,
  unreachable: EXIT.failed,
  missing: EXIT.failed,
  corrupt: EXIT.failed,
  data_lost: EXIT.dataLost,
  degraded: EXIT.degraded,
  rolled_back: EXIT.rolledBack,
  source_unreadable: EXIT.sourceUnreadable,
  source_changed: EXIT.sourceUnreadable,
  unsupported: EXIT.failed,
  too_large: EXIT.failed,
  hostile: EXIT.failed,
  interrupted: EXIT.interrupted,
  io: EXIT.failed,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return EXIT_OF[code];
}

/** For `kura --help` and the manual, in the order of the numbers. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'the command line makes no sense'],
  [EXIT.sourceUnreadable, 'some source files could not be read (the snapshot exists)'],
  [EXIT.noNetwork, 'there is no network here (kura init)'],
  [EXIT.busy, 'another process holds what this one needs alone'],
  [EXIT.wrongPassphrase, 'wrong passphrase'],
  [EXIT.refused, 'refused by contract, certificate or policy'],
  [EXIT.noSpace, 'no space'],
  [EXIT.dataLost, 'data lost: no intact copy of something is left'],
  [
    EXIT.tooFewStores,
    'too few stores (backup: packs are kept, no snapshot; restore: one has to be back)',
  ],
  [EXIT.degraded, 'degraded: everything can be restored, some packs are below strength'],
  [EXIT.rolledBack, 'the history is not as it is known here: older, forked, or with gaps'],
  [EXIT.interrupted, 'interrupted'],
];

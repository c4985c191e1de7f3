// What a backup asks of the rest of the agent, and of a service that can go on without the device.
import type { AlarmClock } from '@kura/base';
import type { ServicePort } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import type { OwnContext } from '../context.ts';
import type { HistoryFinding } from '../heads/compare-history.ts';
import type { LineFactory } from './line/line-factory.ts';
import type { BackupProblem, BackupProgress } from './options.ts';
import type { SourceLook } from './plan/walk-scope.ts';

/** Keys of one snapshot alone, under which all of it lies but its record (docs/design/locks.md). */
export interface BackupLock {
  /** `lockedKeys`; the lines of the ports have them as well. */
  readonly keys: MemberKeys;
  /** Lines with the member's own keys: for the record. */
  readonly recordLines: LineFactory;
}

/** Something that looks at the source before the walk gets there. Nobody waits for it. */
export interface AheadPort {
  /** The source as the walk looks at it then. */
  over(system: SourceLook): SourceLook;
  /** The walk is done, or never comes. */
  end(): Promise<void>;
}

export interface BackupPorts extends OwnContext {
  /** Default none. The snapshot shares nothing with any other, and is full. */
  readonly lock?: BackupLock;
  readonly lines: LineFactory;
  /** Default none: the walk asks the system for everything. */
  readonly ahead?: AheadPort | undefined;
  /** Ring while a stream is silent. Without them only what it says keeps the backup alive. */
  readonly alarms?: Pick<AlarmClock, 'after'>;
  /** Of a network that goes on without the device: `ServicePort.commitLater`. */
  readonly takeOver?: ServicePort['commitLater'];
  readonly onProgress?: (progress: BackupProgress) => void;
  /** What the network shows of the history is not what is known of it; saving goes on. */
  readonly onFindings?: (findings: readonly HistoryFinding[]) => void;
  readonly onProblem?: (problem: BackupProblem) => void;
}

// A program as its life sees it: `life/run.ts` starts, watches and ends it.

export interface Program {
  /** Resolves when it serves. */
  start(): Promise<void>;
  /** Why it is not ready, one sentence each; none: it is. */
  ready(): readonly string[];
  /** Certificates, revocations and limits anew; nothing else. */
  reload(): Promise<void>;
  /** No new work; what is under way gets `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

// Whether the log that is shown continues every head of it that was seen before, by whichever device or card: gossip of
// checkpoints (docs/design/heads.md). Two heads that no proof joins are a split view, and both signatures prove it.
import { equalBytes, KuraError } from '@kura/base';
import { type Checkpoint, type LogKey, openCheckpoint, verifyConsistency } from '@kura/log';

export interface LogSource {
  /** The newest signed head that the network shows: a note; undefined of a log without leaves. */
  checkpoint(): Promise<string | undefined>;
  /** That the tree of `toSize` leaves begins with that of `fromSize`. Throws `not_found` if it has no such tree. */
  consistency(fromSize: number, toSize: number): Promise<readonly Uint8Array[]>;
}

/** continues: what was seen is part of it · older: it ends before · split: it is another one from some leaf on. */
export type LogVerdict = 'continues' | 'older' | 'split';

export interface LogLook {
  readonly verdict: LogVerdict;
  readonly shown: string | undefined;
  /** What it was compared with, and does not continue. */
  readonly against: string | undefined;
  /** The newest head that is known now: a note. */
  readonly newest: string | undefined;
}

/** `known`: signed heads that were seen. One that this log's key did not sign says nothing. */
export async function compareLog(
  known: readonly string[],
  source: LogSource,
  key: LogKey,
): Promise<LogLook> {
  const shown = await source.checkpoint();
  const head = shown === undefined ? undefined : openCheckpoint(shown, key);
  let newest = { note: shown, size: head?.size ?? 0 };
  for (const note of known) {
    const before = opened(note, key);
    if (before === undefined) continue;
    const verdict = await verdictOn(before, head, source);
    if (verdict !== 'continues') return { verdict, shown, against: note, newest: note };
    if (before.size > newest.size) newest = { note, size: before.size };
  }
  return { verdict: 'continues', shown, against: undefined, newest: newest.note };
}

function opened(note: string, key: LogKey): Checkpoint | undefined {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

/** What witnesses have cosigned may lie behind what a receipt has shown: either may be the longer one. */
async function verdictOn(
  before: Checkpoint,
  shown: Checkpoint | undefined,
  source: LogSource,
): Promise<LogVerdict> {
  if (before.size === 0) return 'continues';
  if (shown === undefined) return 'older';
  if (before.size === shown.size) {
    return equalBytes(before.head, shown.head) ? 'continues' : 'split';
  }
  const [from, to] = before.size < shown.size ? [before, shown] : [shown, before];
  try {
    const proof = await source.consistency(from.size, to.size);
    const claim = { fromSize: from.size, fromHead: from.head, toSize: to.size, toHead: to.head };
    return verifyConsistency({ ...claim, proof }) ? 'continues' : 'split';
  } catch (error) {
    if (!(error instanceof KuraError) || error.code !== 'not_found') throw error;
    return before.size > shown.size ? 'older' : 'split';
  }
}

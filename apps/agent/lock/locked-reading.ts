// A reading of one locked snapshot: its packs alone, under its keys. Its record is not among them, and is read before.
import type { AgentContext } from '../context.ts';
import { openReading, type Reading, type ReadingOptions } from '../read/reading.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { type LockHelp, lockOf, openLock } from './open-lock.ts';

/** Throws what `openLock` throws. */
export async function openLockedReading(
  stored: StoredSnapshot,
  context: AgentContext,
  options: Omit<ReadingOptions, 'purpose' | 'lock'> & { readonly help: LockHelp },
): Promise<Reading> {
  const { help, ...reading } = options;
  const keys = await openLock(stored, { keys: context.keys, help });
  const { packs: lock } = lockOf(stored);
  return await openReading({ ...context, keys }, { ...reading, purpose: 'read', lock });
}

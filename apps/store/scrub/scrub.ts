// A store's own check of one copy: reads all of it, heals what parity can, and sets the rest
// aside so that a good copy can take its name. Needs no key, and never turns a readable copy into
// an unreadable one.
import { type CopyId, KuraError } from '@kura/base';
import type { ScrubResult } from '@kura/contract';
import type { ShelfContext } from '../shelf/context.ts';
import { badLeavesOf, type Examination, examine, isIntact } from './examine.ts';
import { heal } from './heal.ts';
import { setAside } from './quarantine.ts';

/**
 * Throws `unreachable`, `refused`, `no_space` or `io`; a damaged copy is a result, not an error.
 */
export async function scrub(context: ShelfContext, copyId: CopyId): Promise<ScrubResult> {
  context.checkTrusted();
  let examination: Examination | undefined;
  try {
    examination = examine(context, copyId);
  } catch (error) {
    if (!(error instanceof KuraError) || error.code !== 'missing') throw error;
    return { copyId, state: 'missing', badLeaves: [] };
  }
  if (isIntact(examination)) return { copyId, state: 'intact', badLeaves: [] };
  const badLeaves = examination === undefined ? [] : badLeavesOf(examination);
  if (examination !== undefined && (await heal(context, copyId, examination))) {
    return { copyId, state: 'healed', badLeaves };
  }
  const isWhole = (path: string): boolean => isIntact(examine(context, copyId, path));
  const isOut = await setAside(context, { copyId, isWhole });
  return { copyId, state: isOut ? 'damaged' : 'intact', badLeaves: isOut ? badLeaves : [] };
}

// A store's own check of one copy: reads all of it, notes durably what is wrong, heals what parity can, and sets the
// rest aside so that a good copy can take its name. Needs no key, and never turns a readable copy into an unreadable
// one.
import { type CopyId, KuraError } from '@kura/base';
import type { ScrubResult } from '@kura/contract';
import type { CheckedCopy } from '../audit/ground.ts';
import { noteDamage } from '../findings/note-damage.ts';
import type { NotedDamage } from '../findings/noted.ts';
import type { ShelfContext } from '../shelf/context.ts';
import { tryTo } from '../shelf/durable-write.ts';
import { type OpenedCopy, openCopy } from '../shelf/open-copy.ts';
import { type Damage, damageBeyondReading, damageWithoutTable, describeDamage } from './damage.ts';
import { heal } from './heal.ts';
import { badLeavesOf, type Inspection, inspect, isIntact } from './inspect.ts';
import { setAside } from './quarantine.ts';

export interface Scrubbed extends ScrubResult {
  /** Of a copy that is there: what its table says. */
  readonly inspection?: Inspection;
  /** What was wrong, as it was noted before anything was done about it. */
  readonly noted?: NotedDamage;
}

/**
 * Throws `unreachable`, `refused`, `no_space` or `io`; a damaged copy is a result, not an error.
 */
export async function scrub(context: ShelfContext, copyId: CopyId): Promise<Scrubbed> {
  context.checkTrusted();
  let inspection: Inspection | undefined;
  try {
    inspection = inspect(context, copyId);
  } catch (error) {
    if (!(error instanceof KuraError) || error.code !== 'missing') throw error;
    return { copyId, state: 'missing', badLeaves: [] };
  }
  if (inspection !== undefined && isIntact(inspection)) {
    return { copyId, state: 'intact', badLeaves: [], inspection };
  }
  const { findings: book, foreign } = context;
  const damage = damageOf(context, copyId, inspection);
  const noted = await noteDamage({ book, foreign, copyId, nowMs: context.clock.nowMs() }, damage);
  const badLeaves = inspection === undefined ? [] : badLeavesOf(inspection);
  if (inspection !== undefined && (await heal(context, copyId, inspection))) {
    return { copyId, state: 'healed', badLeaves, inspection, noted };
  }
  const isWhole = (path: string): boolean => isIntact(inspect(context, copyId, path));
  if (await setAside(context, { copyId, isWhole })) {
    return { copyId, state: 'damaged', badLeaves, noted };
  }
  return { copyId, state: 'intact', badLeaves: [], noted };
}

/** As audits sign for it. */
export function checkedCopy({ state, inspection, noted }: Scrubbed): CheckedCopy {
  const table = state === 'damaged' ? undefined : inspection?.table;
  return {
    state,
    ...(table === undefined ? {} : { table }),
    ...(noted === undefined ? {} : { noted }),
  };
}

/** `undefined`: the file could not be judged, its length or both tables are wrong. */
function damageOf(
  context: ShelfContext,
  copyId: CopyId,
  inspection: Inspection | undefined,
): Damage {
  let copy: OpenedCopy;
  try {
    copy = openCopy(context, copyId, { direct: true });
  } catch (error) {
    if (error instanceof KuraError && error.code === 'corrupt') return damageBeyondReading(0);
    throw error;
  }
  try {
    return inspection === undefined
      ? damageWithoutTable(copy)
      : describeDamage(context, copy, inspection);
  } finally {
    tryTo(() => copy.file.close());
  }
}

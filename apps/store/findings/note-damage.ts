// From damage to a note of it: whose bytes lie there is looked up, and the note is durable when this resolves. What
// is done about the damage comes after.
import type { CopyId } from '@kura/base';
import { MAX_FINDINGS } from '@kura/contract';
import type { Damage } from '../scrub/damage.ts';
import { type ForeignLeaves, markForeign } from '../scrub/foreign.ts';
import type { FindingBook } from './finding-book.ts';
import type { NotedDamage } from './noted.ts';

export interface Noting {
  readonly book: FindingBook;
  readonly foreign: ForeignLeaves;
  readonly copyId: CopyId;
  readonly nowMs: number;
}

export async function noteDamage(noting: Noting, damage: Damage): Promise<NotedDamage> {
  const { book, foreign, copyId, nowMs } = noting;
  const { foundHashes, findings, ...fields } = damage;
  const found = await foreign.find(new Set(foundHashes.values()));
  return book.note({
    ...{ ...fields, copyId, foundMs: nowMs },
    wrongLeaves: findings.length,
    findings: markForeign(findings, { foundHashes, found }).slice(0, MAX_FINDINGS),
  });
}

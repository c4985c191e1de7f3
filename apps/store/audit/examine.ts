// Examines one copy and signs what was found. What a store found earlier, and has healed since, is told as well: an
// examination after the heal shows the same damage as one before it.
import type { CopyId } from '@kura/base';
import { type Examination, type ExaminationState, signExamination } from '@kura/contract';
import type { NotedDamage } from '../findings/noted.ts';
import { HASH_BYTES } from '../shelf/layout.ts';
import type { AuditGround, CheckedCopy } from './ground.ts';

const NO_ROOT = new Uint8Array(HASH_BYTES);

export async function examine(ground: AuditGround, copyId: CopyId): Promise<Examination> {
  const { clock, findings, identity } = ground;
  const toldUpTo = await findings.toldUpTo();
  const checked = await ground.check(copyId);
  const timeMs = clock.nowMs();
  const noted = checked.noted ?? (await findings.latest(copyId, timeMs));
  const { table } = checked;
  const leafCount =
    table === undefined ? (noted?.leafCount ?? 0) : table.leafHashes.length / HASH_BYTES;
  const fields = {
    storeId: identity.storeId,
    copyId,
    timeMs,
    state: stateOf(checked, noted),
    leafCount,
    root: table?.root ?? noted?.root ?? NO_ROOT,
    parity: noted?.parity ?? (checked.state === 'missing' ? 'damaged' : 'agrees'),
    wrongLeaves: noted?.wrongLeaves ?? 0,
    findings: noted?.findings ?? [],
    foundMs: noted?.foundMs ?? timeMs,
    mediumErrors: await findings.mediumErrors(timeMs),
    reportedBefore: noted !== undefined && noted.number <= toldUpTo,
  } as const;
  return signExamination(fields, ground.seed());
}

/** As it is now; what an earlier check did to it counts. */
function stateOf({ state, noted }: CheckedCopy, known: NotedDamage | undefined): ExaminationState {
  if (noted !== undefined || known === undefined) return state;
  if (state === 'intact' && known.isRebuildable) return 'healed';
  return state === 'missing' && !known.isRebuildable ? 'damaged' : state;
}

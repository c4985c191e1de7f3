// What parity must bring back, by the rule of docs/design/format.md and by nothing else: at most two lost leaves of
// each row of each group, parity leaves among them, and one whole table. What is healed is the same bytes, or it is
// a violation.
import { equalBytes } from '@kura/base';
import {
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  groupLeafCount,
  leafPosition,
  parityPosition,
  ROWS,
} from '@kura/store/shelf/layout.ts';
import type { Healer, ShelfFile } from './shelf-file.ts';

const MAX_LOST_PER_ROW = 2;

export type Outcome = 'healed' | 'beyond';

/** Against the rule; `undefined`: as it must be. */
export type Violation = 'healed wrong' | 'not healed' | 'healed beyond parity';

export interface Judged {
  readonly outcome: Outcome;
  readonly violation: Violation | undefined;
}

export function judge(file: ShelfFile, heal: Healer): Judged {
  const isHealable = followsRule(file);
  const healed = heal(file);
  if (healed === undefined) {
    return { outcome: 'beyond', violation: isHealable ? 'not healed' : undefined };
  }
  const isSame = equalBytes(healed, file.whole);
  if (!isSame) return { outcome: 'healed', violation: 'healed wrong' };
  return { outcome: 'healed', violation: isHealable ? undefined : 'healed beyond parity' };
}

function followsRule(file: ShelfFile): boolean {
  const { geometry } = file;
  const { tablePositions, tableBytes, leafBytes, groupCount } = geometry;
  const isLost = (position: number, bytes: number): boolean =>
    !equalBytes(
      file.lies.subarray(position, position + bytes),
      file.whole.subarray(position, position + bytes),
    );
  if (tablePositions.every((position) => isLost(position, tableBytes))) return false;
  for (let group = 0; group < groupCount; group++) {
    const lost = [0, 0];
    const count = (part: number, position: number): void => {
      const row = part % ROWS;
      if (isLost(position, leafBytes)) lost[row] = (lost[row] ?? 0) + 1;
    };
    for (let leaf = 0; leaf < groupLeafCount(geometry, group); leaf++) {
      count(leaf, leafPosition(leafBytes, group * GROUP_LEAVES + leaf));
    }
    for (let index = 0; index < GROUP_PARITY_LEAVES; index++) {
      count(index, parityPosition(geometry, group) + index * leafBytes);
    }
    if (lost.some((leaves) => leaves > MAX_LOST_PER_ROW)) return false;
  }
  return true;
}

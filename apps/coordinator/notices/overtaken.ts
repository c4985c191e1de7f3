// Which notices have been overtaken (row A16, docs/design/card.md). A card that is older than a notice learns two
// things by it: where packs lie, which a catalogue of later tells as well, and that it has to look further, at which
// stores. So one goes when a catalogue covers it, and at each store where it lies a later one takes its place within
// the numbers that a card looks ahead: whoever finds a notice at a store today finds one there afterwards.
import { assert, type StoreId } from '@kura/base';

/** Numbers that every card looks ahead, of whatever version: `findNotices` looks no less far. */
export const NOTICE_REACH = 16;

export interface LyingNotice {
  readonly number: number;
  /** Where it lies. */
  readonly stores: readonly StoreId[];
}

/** `notices`: all that lie anywhere, ascending; `covered`: up to this number a catalogue tells what they tell. */
export function overtakenNotices(
  notices: readonly LyingNotice[],
  covered: number,
): readonly number[] {
  const following = nextAtStores(notices);
  const kept = new Map<StoreId, number>();
  const overtaken: number[] = [];
  for (const [index, { number, stores }] of notices.entries()) {
    const isReplaced = (storeId: StoreId): boolean => {
      const next = following[index]?.get(storeId);
      return next !== undefined && next - (kept.get(storeId) ?? 0) <= NOTICE_REACH;
    };
    if (number <= covered && stores.every(isReplaced)) overtaken.push(number);
    else for (const storeId of stores) kept.set(storeId, number);
  }
  return overtaken;
}

/** Of each notice: at each store where it lies the next one there. */
function nextAtStores(notices: readonly LyingNotice[]): readonly ReadonlyMap<StoreId, number>[] {
  const next = new Map<StoreId, number>();
  return notices
    .toReversed()
    .map(({ number, stores }) => {
      const there = stores.flatMap((storeId): [StoreId, number][] => {
        const later = next.get(storeId);
        assert(later === undefined || later > number, 'notices ascend');
        next.set(storeId, number);
        return later === undefined ? [] : [[storeId, later]];
      });
      return new Map(there);
    })
    .toReversed();
}

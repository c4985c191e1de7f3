// What a card says of copies, asked of the stores: a row comes back only for a copy that its store has under the name
// that follows from the network's own keys, with the root that the card knows; and a row goes only if every store
// that should have the pack says that it is not there. The store answers over the connection that it keeps anyway.
import { equalBytes, KuraError, type MemberId, type PackId, type StoreId } from '@kura/base';
import type { CopyRow, CopyStat, PackRow } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import type { AdoptedCopy, AdoptedPack } from '../custody/adopt.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';

/** A pack as a member's card knows it. */
export interface ReturnedPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly { readonly storeId: StoreId; readonly root: Uint8Array }[];
}

/** missing: its store says so · other: under another root · away: nobody can ask now · unknown: no such store */
export type Doubt = 'missing' | 'other' | 'away' | 'unknown';

/** Which copy: of a pack a store has one. */
export interface PlacedCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
}

export interface UnconfirmedCopy extends PlacedCopy {
  readonly why: Doubt;
}

export interface AskedStore {
  stat(copyId: CopyRow['copyId']): Promise<CopyStat>;
}

export interface ConfirmingParts {
  readonly memberId: MemberId;
  readonly keys: CopyKeys;
  /** Undefined: it is not connected to this gateway. */
  readonly storeAt: (storeId: StoreId) => AskedStore | undefined;
  readonly isKnown: (storeId: StoreId) => boolean;
}

/** Each is a small answer of a store. */
const QUESTIONS_AT_ONCE = 16;

export class CopyConfirmer {
  readonly #parts: ConfirmingParts;

  constructor(parts: ConfirmingParts) {
    this.#parts = parts;
  }

  /** Packs with the copies that are there; those of which none is are left out. */
  async confirm(packs: readonly ReturnedPack[]): Promise<{
    readonly confirmed: readonly AdoptedPack[];
    readonly unconfirmed: readonly UnconfirmedCopy[];
  }> {
    const unconfirmed: UnconfirmedCopy[] = [];
    const confirmed = await inTurns(packs, async ({ packId, leafCount, copies }) => {
      const there: AdoptedCopy[] = [];
      for (const { storeId, root } of copies) {
        const { copyId, stat, why } = await this.#ask(storeId, packId);
        const isSame = stat?.leafCount === leafCount && equalBytes(stat.root, root);
        if (isSame) there.push({ storeId, copyId, root });
        else unconfirmed.push({ packId, storeId, why: why ?? 'other' });
      }
      return { packId, leafCount, copies: there };
    });
    return { confirmed: confirmed.filter(({ copies }) => copies.length > 0), unconfirmed };
  }

  /** Copies of these rows that their own stores say they do not have. */
  async missing(rows: readonly PackRow[]): Promise<readonly PlacedCopy[]> {
    const found = await inTurns(rows, async ({ packId, copies }) => {
      const gone: PlacedCopy[] = [];
      for (const { storeId } of copies) {
        const { why } = await this.#ask(storeId, packId);
        if (why === 'missing') gone.push({ packId, storeId });
      }
      return gone;
    });
    return found.flat();
  }

  async #ask(
    storeId: StoreId,
    packId: PackId,
  ): Promise<{
    readonly copyId: CopyRow['copyId'];
    readonly stat?: CopyStat;
    readonly why?: Doubt;
  }> {
    const { memberId, keys, storeAt, isKnown } = this.#parts;
    const { copyKey } = await keys.keysFor(memberId, storeId);
    const copyId = copyIdOf(copyKey, packId);
    if (!isKnown(storeId)) return { copyId, why: 'unknown' };
    const store = storeAt(storeId);
    if (store === undefined) return { copyId, why: 'away' };
    try {
      return { copyId, stat: await store.stat(copyId) };
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      return { copyId, why: DOUBTS.get(error.code) ?? 'away' };
    }
  }
}

const DOUBTS: ReadonlyMap<KuraError['code'], Doubt> = new Map([
  ['missing', 'missing'],
  ['corrupt', 'other'],
]);

/** In the order of `all`, so many at once. */
async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  const waiting = all.entries();
  const workOn = async (): Promise<void> => {
    for (const [at, one] of waiting) done[at] = await work(one);
  };
  await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, workOn));
  return done;
}

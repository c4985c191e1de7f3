// For how long a store has known that a member is given notice, by its own clock, and whether the owner has taken the
// consent back. Whoever brings notices and warrants, and whatever they say of days, this is what the store believes.
import { type Clock, DAY_MS, type MemberId, type StoreId } from '@kura/base';
import {
  type ClosingWarrant,
  type NoticeHeld,
  noticeMs,
  type OpenedNotice,
  openClosingNotice,
  openClosingWithdrawal,
  refuseClosing,
} from '@kura/contract';
import type { ClosingFiles } from './closing-files.ts';
import {
  type ClosingNote,
  decodeClosingNote,
  encodeClosingNote,
  isOnFile,
} from './closing-note.ts';

/** Whose word counts at this store. */
export interface ClosingAuthority {
  readonly storeId: StoreId;
  readonly coordinatorKey: Uint8Array;
  readonly ownerKeyOf: (pseudonym: MemberId) => Uint8Array | undefined;
}

/** Members whose last look is remembered; of others it counts as one before the program began. */
const MAX_REMEMBERED = 10_000;

export class ClosingBook {
  readonly #files: ClosingFiles;
  readonly #clock: Clock;
  /** By the clock that nobody sets. */
  readonly #lookedMs = new Map<MemberId, number>();

  constructor(files: ClosingFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Files it, or counts on. Durable when it resolves. Throws `refused` for one that is not right, or taken back. */
  async hear(signed: Uint8Array, authority: ClosingAuthority): Promise<NoticeHeld> {
    const notice = openClosingNotice(signed, authority);
    const { pseudonym, days } = notice;
    const known = this.#read(pseudonym);
    refuseWithdrawn(notice, known, authority);
    const note =
      known !== undefined && isOnFile(known, signed)
        ? this.#grown(pseudonym, known)
        : { withdrawal: known?.withdrawal, notice: signed, heldMs: 0 };
    await this.#write(pseudonym, note);
    return { heldMs: note.heldMs, neededMs: noticeMs(days) };
  }

  /** The owner's; durable when it resolves. An older one than is known changes nothing. */
  async withdraw(
    pseudonym: MemberId,
    signed: Uint8Array,
    authority: ClosingAuthority,
  ): Promise<void> {
    const { timeMs } = openClosingWithdrawal(signed, ownerKeyOf(pseudonym, authority));
    const known = this.#read(pseudonym);
    if (timeMs <= withdrawnMs(pseudonym, known, authority)) return;
    await this.#write(pseudonym, {
      notice: known?.notice,
      heldMs: known?.heldMs ?? 0,
      withdrawal: signed,
    });
  }

  /**
   * Throws `refused` unless the warrant's notice has been on file here for its days. Resolves to whose copies it may
   * name; its own signature has been judged before.
   */
  async demandHeld(
    { notice: signed }: ClosingWarrant,
    authority: ClosingAuthority,
  ): Promise<MemberId> {
    const notice = openClosingNotice(signed, authority);
    const { pseudonym, days } = notice;
    const known = this.#read(pseudonym);
    refuseWithdrawn(notice, known, authority);
    if (known === undefined || !isOnFile(known, signed)) {
      throw refuseClosing('early', 'its notice was not given here');
    }
    const note = this.#grown(pseudonym, known);
    await this.#write(pseudonym, note);
    if (note.heldMs >= noticeMs(days)) return pseudonym;
    const heldDays = Math.floor(note.heldMs / DAY_MS);
    throw refuseClosing('early', `its notice has been known for ${heldDays} of ${days} days`);
  }

  #read(pseudonym: MemberId): ClosingNote | undefined {
    const bytes = this.#files.read(pseudonym);
    return bytes === undefined ? undefined : decodeClosingNote(bytes);
  }

  async #write(pseudonym: MemberId, note: Omit<ClosingNote, 'seenMs'>): Promise<void> {
    const seenMs = this.#clock.nowMs();
    await this.#files.write(pseudonym, encodeClosingNote({ ...note, seenMs }));
    if (this.#lookedMs.size >= MAX_REMEMBERED) this.#lookedMs.clear();
    this.#lookedMs.set(pseudonym, this.#clock.elapsedMs());
  }

  /** By as much as both clocks agree to: one that jumps gains nothing. */
  #grown(pseudonym: MemberId, note: ClosingNote): ClosingNote {
    const lookedMs = this.#lookedMs.get(pseudonym);
    const mostMs = lookedMs === undefined ? DAY_MS : this.#clock.elapsedMs() - lookedMs;
    const passedMs = Math.max(0, this.#clock.nowMs() - note.seenMs);
    return { ...note, heldMs: note.heldMs + Math.floor(Math.min(passedMs, mostMs)) };
  }
}

function ownerKeyOf(pseudonym: MemberId, { ownerKeyOf: find }: ClosingAuthority): Uint8Array {
  const key = find(pseudonym);
  if (key !== undefined) return key;
  throw refuseClosing('key', 'nobody of this name is known here');
}

/** 0: never. Read as the owner signed it, for the file may lie on a disk that anyone can write to. */
function withdrawnMs(
  pseudonym: MemberId,
  note: ClosingNote | undefined,
  authority: ClosingAuthority,
): number {
  if (note?.withdrawal === undefined) return 0;
  return openClosingWithdrawal(note.withdrawal, ownerKeyOf(pseudonym, authority)).timeMs;
}

function refuseWithdrawn(
  { pseudonym, consented }: OpenedNotice,
  note: ClosingNote | undefined,
  authority: ClosingAuthority,
): void {
  if (consented.timeMs > withdrawnMs(pseudonym, note, authority)) return;
  throw refuseClosing('revoked', 'its owner has taken the consent back');
}

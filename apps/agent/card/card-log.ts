// What a card keeps of the past: receipts and the journal, each in numbered files of a hundred entries, so that a
// backup rewrites one small file on a stick and not all there ever was.
import { KuraError, utf8 } from '@kura/base';
import { journalEntry } from '@kura/contract/wire/endpoints/account.ts';
import { custodyReceipt } from '@kura/contract/wire/endpoints/custody.ts';
import {
  type Infer,
  list,
  optional,
  record,
  type Shape,
  timeMs,
  whole,
} from '@kura/contract/wire/shape.ts';
import { snapshotIdShape } from '@kura/contract/wire/shapes.ts';
import type { CardFolder, CardPlace } from './card-folder.ts';

export const ENTRIES_PER_FILE = 100;

/** A proof of custody: of a snapshot, with the time when that was taken, or of an event that came later. */
const keptReceipt = record({
  snapshotId: optional(snapshotIdShape),
  /** Within the member's chain of events, from 1. */
  event: optional(whole({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  timeMs,
  receipt: custodyReceipt,
});
export type KeptReceipt = Infer<typeof keptReceipt>;
export type KeptSession = Infer<typeof journalEntry>;

/** "receipts/000001", … */
interface LogForm<T> {
  readonly name: 'receipts' | 'journal';
  readonly entry: Shape<T>;
  /** Two entries with the same are one. */
  readonly idOf: (entry: T) => string;
}

export const RECEIPTS: LogForm<KeptReceipt> = {
  name: 'receipts',
  entry: keptReceipt,
  idOf: ({ snapshotId, event }) => snapshotId ?? `event ${event}`,
};

export const JOURNAL: LogForm<KeptSession> = {
  name: 'journal',
  entry: journalEntry,
  idOf: ({ sessionId }) => sessionId,
};

export class CardLog<T> {
  readonly #card: CardFolder;
  readonly #place: CardPlace;
  readonly #form: LogForm<T>;
  readonly #shape: Shape<{ readonly entries: readonly T[] }>;

  constructor({ card, place }: { card: CardFolder; place: CardPlace }, form: LogForm<T>) {
    this.#card = card;
    this.#place = place;
    this.#form = form;
    this.#shape = record({ entries: list(form.entry, { maxItems: ENTRIES_PER_FILE }) });
  }

  /** One that the newest file has already is not added again. */
  async add(added: readonly T[]): Promise<void> {
    let number = Math.max(1, this.#card.lastNumber(this.#place, this.#form.name));
    let entries = this.#read(number);
    const known = new Set(entries.map(this.#form.idOf));
    const fresh = added.filter((entry) => !known.has(this.#form.idOf(entry)));
    for (let at = 0; at < fresh.length; ) {
      if (entries.length === ENTRIES_PER_FILE) {
        number += 1;
        entries = [];
      }
      const part = fresh.slice(at, at + ENTRIES_PER_FILE - entries.length);
      entries = [...entries, ...part];
      at += part.length;
      await this.#write(number, entries);
    }
  }

  /** Each takes the place of the one with the same name; one of which there is none is left out. */
  async exchange(entries: readonly T[]): Promise<void> {
    const left = new Map(entries.map((entry) => [this.#form.idOf(entry), entry]));
    let number = this.#card.lastNumber(this.#place, this.#form.name);
    for (; number > 0 && left.size > 0; number--) {
      const before = this.#read(number);
      const after = before.map((entry) => left.get(this.#form.idOf(entry)) ?? entry);
      for (const entry of before) left.delete(this.#form.idOf(entry));
      if (after.some((entry, index) => entry !== before[index])) await this.#write(number, after);
    }
  }

  /** The newest first, file by file: whoever has enough stops. */
  *newest(): Generator<T> {
    let number = this.#card.lastNumber(this.#place, this.#form.name);
    for (; number > 0; number--) yield* this.#read(number).toReversed();
  }

  #write(number: number, entries: readonly T[]): Promise<void> {
    const json = JSON.stringify(this.#shape.write({ entries }));
    return this.#card.write(this.#place, this.#nameOf(number), utf8(json));
  }

  #read(number: number): readonly T[] {
    const name = this.#nameOf(number);
    const plain = this.#card.read(this.#place, name);
    if (plain === undefined) return [];
    try {
      const json: unknown = JSON.parse(Buffer.from(plain).toString('utf8'));
      return this.#shape.read(json, '', 'ignored').entries;
    } catch (cause) {
      throw new KuraError('corrupt', `the card's file ${name} is not what this version writes`, {
        guidance: 'Bring it back from a copy of the card.',
        cause,
      });
    }
  }

  #nameOf(number: number): string {
    return `${this.#form.name}/${String(number).padStart(6, '0')}`;
  }
}

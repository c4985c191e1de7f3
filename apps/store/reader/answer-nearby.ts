// What a reader answers to a question on its local network: under which address it is, sealed for who knows the name of
// a copy that lies here, and as many random bytes for everybody else (docs/design/finding.md). Nothing is opened.
import { type CopyId, type Random, type StoreId, toHex } from '@kura/base';
import { decodeQuestion, encodeAnswer, isAskedFor } from '@kura/contract/nearby.ts';

export interface NearbyShelf {
  readonly storeId: StoreId;
  /** Names of copies that begin with these four hexadecimal digits. */
  names(beginning: string): readonly CopyId[];
}

/** Undefined for what is no question. `address`: "host:port" of the reader. */
export function answerNearby(
  bytes: Uint8Array,
  shelf: NearbyShelf,
  { address, random }: { readonly address: string; readonly random: Random },
): Uint8Array | undefined {
  const question = decodeQuestion(bytes);
  if (question === undefined) return undefined;
  const held = new Map<number, CopyId>();
  for (const [entry, { hint }] of question.entries.entries()) {
    const copy = shelf.names(toHex(hint)).find((name) => isAskedFor(question, entry, name));
    if (copy !== undefined) held.set(entry, copy);
  }
  return encodeAnswer(question, { storeId: shelf.storeId, address, held }, random);
}

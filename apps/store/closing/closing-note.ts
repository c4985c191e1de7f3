// What a store keeps of a member who is given notice: the notice, for how long it has been on file, and the owner's
// withdrawal if there was one. Bytes: docs/design/removal.md, By the operator.
import { ByteReader, ByteWriter, equalBytes } from '@kura/base';
import { CLOSING_NOTICE_BYTES, CLOSING_WITHDRAWAL_BYTES } from '@kura/contract';

export interface ClosingNote {
  /** As they were signed; undefined: none. */
  readonly notice: Uint8Array | undefined;
  readonly withdrawal: Uint8Array | undefined;
  /** Counted from telling to telling (`growth`). */
  readonly heldMs: number;
  /** When it was looked at last, by the clock of the wall. */
  readonly seenMs: number;
}

const VERSION = 1;
export const MAX_CLOSING_NOTE_BYTES =
  1 + 8 + 8 + 1 + CLOSING_WITHDRAWAL_BYTES + 1 + CLOSING_NOTICE_BYTES;

export function encodeClosingNote(note: ClosingNote): Uint8Array {
  const writer = new ByteWriter(MAX_CLOSING_NOTE_BYTES);
  writer.u8(VERSION);
  writer.u64(BigInt(note.heldMs));
  writer.u64(BigInt(note.seenMs));
  for (const signed of [note.withdrawal, note.notice]) {
    writer.u8(signed === undefined ? 0 : 1);
    if (signed !== undefined) writer.raw(signed);
  }
  return writer.bytes();
}

/** Throws `corrupt`: what stands in a damaged note may have been a withdrawal. */
export function decodeClosingNote(bytes: Uint8Array): ClosingNote {
  const reader = new ByteReader(bytes, 'note of a closing');
  if (reader.u8() !== VERSION) reader.fail('its version is not known');
  const heldMs = Number(reader.u64());
  const seenMs = Number(reader.u64());
  const signed = (length: number): Uint8Array | undefined =>
    reader.u8() === 0 ? undefined : reader.raw(length).slice();
  const withdrawal = signed(CLOSING_WITHDRAWAL_BYTES);
  const notice = signed(CLOSING_NOTICE_BYTES);
  reader.end();
  return { notice, withdrawal, heldMs, seenMs };
}

export function isOnFile(note: ClosingNote, notice: Uint8Array): boolean {
  return note.notice !== undefined && equalBytes(note.notice, notice);
}

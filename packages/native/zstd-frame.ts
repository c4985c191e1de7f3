// Where a zstd frame ends (RFC 8878, section 3.1.1), read from its headers alone. zstd itself
// accepts several frames in a row and frames to be skipped; a frame of a pack is exactly one of the
// common kind, so that no two byte strings mean the same chunk list. Says nothing about the content
// of the blocks.

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const BLOCK_HEADER_BYTES = 3;
const RUN_LENGTH_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Bytes of the frame header, or 0 if `bytes` does not begin with one. */
function headerBytes(bytes: Uint8Array): number {
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) return 0;
  const descriptor = bytes[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  return 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}

/** `bytes` is one whole zstd frame and nothing else. */
export function isZstdFrame(bytes: Uint8Array): boolean {
  let at = headerBytes(bytes);
  if (at === 0) return false;
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) return false;
    const header = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) return false;
    at += BLOCK_HEADER_BYTES + (type === RUN_LENGTH_BLOCK ? 1 : header >> 3);
    if ((header & 1) !== 0) break;
  }
  const hasChecksum = ((bytes[4] ?? 0) & 4) !== 0;
  return at + (hasChecksum ? 4 : 0) === bytes.length;
}

// What can be wrong with a leaf, as a store finds it: the medium gave an error, other bytes lie there, or bytes of
// another leaf (a misdirected write). Where a difference is and how large it is can be said of what was rebuilt.
import {
  assert,
  type ByteReader,
  type ByteWriter,
  type CopyId,
  copyId,
  fromHex,
  toHex,
} from '@kura/base';
import {
  ERRNO_FIELD_BYTES,
  readChoice,
  readErrno,
  readFlag,
  writeChoice,
  writeErrno,
} from './store-word.ts';

export const FINDING_KINDS = ['unreadable', 'wrong', 'foreign'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Differences are told in blocks of so many bytes: what disks lose at once. */
export const FINDING_BLOCK_BYTES = 4096;
/** A copy of standard leaves; of more leaves than that the first are named. */
export const MAX_FINDINGS = 256;

export interface Finding {
  readonly leaf: number;
  readonly kind: FindingKind;
  /** Blocks that differ from what was entrusted; 0: not known, since the leaf was beyond rebuilding. */
  readonly blocks: number;
  /** Number of the first of them within the leaf. */
  readonly firstBlock: number;
  /** Bits that differ; 0: not known. One is a flip, half of a block's a block that was lost. */
  readonly bits: number;
  /** What the medium said: "EIO". */
  readonly errno?: string;
  /** Whose bytes lie there instead, of those that this store knows. */
  readonly foreign?: { readonly copyId: CopyId; readonly leaf: number };
}

export const FINDING_BYTES = 4 + 1 + 2 + 2 + 4 + ERRNO_FIELD_BYTES + 1 + 32 + 4;

export function writeFinding(writer: ByteWriter, finding: Finding): void {
  assert((finding.foreign !== undefined) === (finding.kind === 'foreign'), 'foreign says whose');
  writer.u32(finding.leaf);
  writeChoice(writer, FINDING_KINDS, finding.kind);
  writer.u16(finding.blocks);
  writer.u16(finding.firstBlock);
  writer.u32(finding.bits);
  writeErrno(writer, finding.errno);
  writer.u8(finding.foreign === undefined ? 0 : 1);
  if (finding.foreign === undefined) return;
  writer.raw(fromHex(finding.foreign.copyId));
  writer.u32(finding.foreign.leaf);
}

export function readFinding(reader: ByteReader): Finding {
  const leaf = reader.u32();
  const kind = readChoice(reader, FINDING_KINDS);
  const extent = { blocks: reader.u16(), firstBlock: reader.u16(), bits: reader.u32() };
  const finding = { leaf, kind, ...extent, ...readErrno(reader) };
  const isForeign = readFlag(reader);
  if (isForeign !== (kind === 'foreign')) reader.fail('foreign bytes have an owner');
  if (!isForeign) return finding;
  const foreign = { copyId: copyId(toHex(reader.raw(32))), leaf: reader.u32() };
  return { ...finding, foreign };
}

// One catalogue as one pack: written through the gateway like any other, opened with the member's keys like any other.
// Its chunks are the pieces of one signed record, in order.
import { concatBytes, KuraError, type NetworkShape, type PackId, type Random } from '@kura/base';
import type { PackRecord, PackSink } from '@kura/contract';
import {
  chunkIdOf,
  FrameEncoder,
  openRecord,
  type PackReader,
  PackWriter,
  payloadCapacity,
  signRecord,
} from '@kura/format';
import { type DeviceKey, type MemberKeys, newEnvelope } from '@kura/member-seal';
import { allocatePages, type Bulk } from '@kura/native';
import { encodeFrame, outputBytes } from '../../backup/line/chunk-packer.ts';
import { type CopyCheckOptions, checkCopies } from '../../backup/line/copy-check.ts';
import { CATALOGUE_FORM, type Catalogue, decodeCatalogue, encodeCatalogue } from './body.ts';

/** Of the largest pack, what rows may take: the rest is for stores, snapshots and the pack's own directory. */
const ROWS_SHARE = 0.6;

/** Bytes of rows in one catalogue. */
export function maxRowsBytes(shape: NetworkShape): number {
  return Math.floor(payloadCapacity(shape, shape.packLeaves[2]) * ROWS_SHARE);
}

export interface CatalogueTools {
  readonly keys: MemberKeys;
  readonly device: DeviceKey;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly random: Random;
  readonly sink: PackSink;
  /** With the other implementation of the ciphers. */
  readonly check: CopyCheckOptions;
}

/** All copies acknowledged and checked. Throws what a gateway throws for a number that is taken. */
export async function storeCatalogue(
  { packId, catalogue }: { readonly packId: PackId; readonly catalogue: Catalogue },
  tools: CatalogueTools,
): Promise<PackRecord> {
  const { keys, device, shape, bulk, random, sink, check } = tools;
  const record = signRecord(CATALOGUE_FORM, encodeCatalogue(catalogue), device);
  const [smallest, , targetLeaves] = shape.packLeaves;
  const upload = await sink.open(packId, targetLeaves);
  const writer = new PackWriter({
    ...{ packId, bulk, shape, random, targetLeaves },
    session: { ...newEnvelope(keys, random), epoch: keys.epoch },
    buffer: allocatePages(smallest * shape.leafBytes),
    onLeaves: (sealed) => upload.write(sealed),
  });
  try {
    const encoder = new FrameEncoder({ bulk, output: allocatePages(outputBytes(shape)) });
    for (let at = 0; at < record.length; at += shape.frameBytes) {
      const plain = record.subarray(at, at + shape.frameBytes);
      const id = chunkIdOf(bulk, keys.chunkIdKeys, 'data', plain);
      const chunks = [{ id, length: plain.length }];
      await writer.addFrame(encodeFrame(encoder, { plain, kind: 'data', chunks }));
    }
    await writer.finish();
    const stored = await upload.finish();
    checkCopies(stored, writer.sampledLeaves(), check);
    return stored;
  } catch (error) {
    writer.abort();
    upload.abort();
    throw error;
  }
}

/** Throws what is wrong with it: what cannot be fetched, opened, or was not signed by a device of the owner. */
export async function readCatalogue(
  reader: PackReader,
  asked: { readonly number: number; readonly ownerKey: Uint8Array },
): Promise<Catalogue> {
  const pieces: Uint8Array[] = [];
  for (const frame of (await reader.directory()).frames) {
    pieces.push((await reader.readFrame(frame)).slice());
  }
  const record = concatBytes(...pieces);
  const catalogue = decodeCatalogue(openRecord(CATALOGUE_FORM, record, asked.ownerKey).body);
  if (catalogue.number === asked.number) return catalogue;
  throw new KuraError('corrupt', `catalogue ${asked.number} says that it is another one`);
}

// What the tests of packs and the vectors share: a member, a pack written into memory, a reader
// over it. Not for product code.
import { type NetworkShape, type PackId, packId, type Random, toHex } from '@kura/base';
import {
  deriveMemberKeys,
  type MemberKeys,
  newEnvelope,
  newRoot,
  type ReadingKeys,
} from '@kura/member-seal';
import { fixedRandom } from '@kura/member-seal/fixed-random.ts';
import { allocatePages, type Bulk, loadNative } from '@kura/native';
import { EnvelopeCache } from './envelope-cache.ts';
import { chunkIdOf } from './ids.ts';
import { PackReader } from './pack-reader.ts';
import { PackScratch } from './pack-scratch.ts';
import {
  type FinishedPack,
  type NewFrame,
  type PackSession,
  PackWriter,
  type SampledLeaf,
} from './pack-writer.ts';

export const bulk: Bulk = loadNative().bulk;
export const fixtureRandom: Random = fixedRandom('packs');
export const member: MemberKeys = deriveMemberKeys(newRoot(fixtureRandom));
export const stranger: MemberKeys = deriveMemberKeys(newRoot(fixtureRandom));

export function newSession(keys: MemberKeys = member): PackSession {
  return { ...newEnvelope(keys, fixtureRandom), epoch: keys.epoch };
}

export function newPackId(): PackId {
  return packId(toHex(fixtureRandom.bytes(32)));
}

/** A raw frame of one chunk. */
export function rawFrame(plain: Uint8Array): NewFrame {
  const id = chunkIdOf(bulk, member.chunkIdKeys, 'data', plain);
  const chunks = [{ id, length: plain.length }];
  return { codec: 'raw', stored: plain, plainBytes: plain.length, kind: 'data', chunks };
}

export interface WrittenPack extends FinishedPack {
  readonly packId: PackId;
  readonly sealed: Uint8Array;
  readonly samples: readonly SampledLeaf[];
}

export interface WriterFixture {
  readonly shape: NetworkShape;
  readonly targetLeaves?: number;
  readonly session?: PackSession;
  readonly packId?: PackId;
  readonly bulk?: Bulk;
  readonly onLeaves?: (sealed: Uint8Array) => Promise<void>;
}

export function newWriter(fixture: WriterFixture): PackWriter {
  const { shape } = fixture;
  return new PackWriter({
    packId: fixture.packId ?? newPackId(),
    session: fixture.session ?? newSession(),
    bulk: fixture.bulk ?? bulk,
    shape,
    buffer: allocatePages(shape.packLeaves[0] * shape.leafBytes),
    targetLeaves: fixture.targetLeaves ?? shape.packLeaves[2],
    random: fixtureRandom,
    onLeaves: fixture.onLeaves ?? (() => Promise.resolve()),
  });
}

/** Writes a pack; what is handed over is scribbled over afterwards, as a real sink may. */
export async function writePack(
  fixture: Omit<WriterFixture, 'onLeaves'>,
  frames: readonly NewFrame[],
): Promise<WrittenPack> {
  const parts: Uint8Array[] = [];
  const writer = newWriter({
    ...fixture,
    onLeaves: async (sealed) => {
      parts.push(sealed.slice());
      await Promise.resolve();
      sealed.fill(0xee);
    },
  });
  for (const frame of frames) await writer.addFrame(frame);
  const finished = await writer.finish();
  const sealed = new Uint8Array(Buffer.concat(parts));
  return { ...finished, packId: writer.packId, sealed, samples: writer.sampledLeaves() };
}

export interface ReaderFixture {
  readonly shape: NetworkShape;
  readonly sealed: Uint8Array;
  readonly packId?: PackId;
  readonly leafCount?: number;
  readonly keys?: ReadingKeys;
  readonly bulk?: Bulk;
  readonly scratch?: PackScratch;
  /** Hears of every fetch: first leaf and number. */
  readonly onFetch?: (firstLeaf: number, count: number) => void;
}

export function newReader(fixture: ReaderFixture): PackReader {
  const { shape, sealed } = fixture;
  return new PackReader({
    ...(fixture.packId === undefined ? {} : { packId: fixture.packId }),
    leafCount: fixture.leafCount ?? sealed.length / shape.leafBytes,
    keys: fixture.keys ?? member,
    bulk: fixture.bulk ?? bulk,
    shape,
    envelopeCache: new EnvelopeCache(),
    scratch: fixture.scratch ?? new PackScratch(shape),
    fetchLeaves: async (firstLeaf, count, into) => {
      fixture.onFetch?.(firstLeaf, count);
      await Promise.resolve();
      const from = firstLeaf * shape.leafBytes;
      into.set(sealed.subarray(from, from + count * shape.leafBytes));
    },
  });
}

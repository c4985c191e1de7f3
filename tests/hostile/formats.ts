// Mutated packs, directories, frames, pages, lists and snapshot records, from the outside and from within
// the encryption: whoever holds the key may be hostile, too.
import { byteString, type ChunkId, equalBytes, SMALL_SHAPE, toHex } from '@kura/base';
import {
  checkContentSize,
  decodeContentList,
  decodeDirectory,
  decodeFrame,
  decodePage,
  decodeSnapshot,
  encodeContentList,
  encodeDirectory,
  encodePage,
  encodeSnapshot,
} from '@kura/format';
import {
  bulk,
  fixtureRandom,
  member,
  newPackId,
  newReader,
  rawFrame,
  writePack,
} from '@kura/format/pack-fixtures.ts';
import { fileEntry, manyFiles } from '@kura/format/test-entries.ts';
import { sampleSnapshot } from '@kura/format/test-snapshot.ts';
import { newDevice, signAs } from '@kura/member-seal';
import type { SeededRandom } from '@kura/testing';
import type { HostileKind } from './kind.ts';
import { mutate, mutateValue } from './mutate.ts';
import { type ReadCase, readerKind, type Step } from './reader-kind.ts';
import { type SealedParts, sealAnything, sealedPartsOf } from './sealed-parts.ts';

const shape = SMALL_SHAPE;
/** Longer than any pack of the shape holds, so that a lying figure would show. */
const ROOM_BYTES = 8 * 1024 * 1024;

function samplePages(): Uint8Array[] {
  const rich = {
    ...fileEntry('rich', 3),
    sizeBytes: 160,
    holes: [
      { offset: 0, length: 40 },
      { offset: 60, length: 60 },
    ],
    attributes: [{ name: byteString('user.a'), value: new Uint8Array(9) }],
    links: 2,
  };
  const link = { ...fileEntry('link', 0), type: 'symlink' as const, target: byteString('../x') };
  const folder = { ...fileEntry('folder', 2), type: 'folder' as const, sizeBytes: 0 };
  const device = { ...fileEntry('device', 0), type: 'block' as const, deviceNumber: 259n };
  return [
    encodePage([]),
    encodePage([device, folder, link, rich]),
    encodePage(manyFiles(20, 'file')),
  ];
}

const pages = readerKind({
  name: 'folder pages',
  share: 24,
  open(): ReadCase {
    const samples = samplePages();
    return (random, step) => {
      for (const entry of decodePage(mutate(random, samples))) {
        step();
        if (!entry.isList) checkContentSize(entry, entry.content);
      }
      return undefined;
    };
  },
});

const lists = readerKind({
  name: 'content lists',
  share: 8,
  open(): ReadCase {
    const samples = [1, 3, 40].map((count) => encodeContentList(fileEntry('list', count).content));
    return (random) => {
      decodeContentList(mutate(random, samples));
      return undefined;
    };
  },
});

function sampleDirectories(): Uint8Array[] {
  const frame = (storedBytes: number, chunks: number) => {
    const one = { id: new Uint8Array(32).fill(chunks) as ChunkId, length: storedBytes };
    const plainBytes = storedBytes * chunks;
    const codec = chunks === 1 ? ('raw' as const) : ('zstd' as const);
    const all = Array.from({ length: chunks }, () => one);
    return { codec, storedBytes, plainBytes, kind: 'data' as const, chunks: all };
  };
  return [[frame(300, 1)], [frame(100, 4), frame(300, 1), frame(50, 9)], []].map(encodeDirectory);
}

const directories = readerKind({
  name: 'pack directories',
  share: 12,
  open(): ReadCase {
    const samples = sampleDirectories();
    const packId = newPackId();
    return (random) => {
      const bytes = mutate(random, samples);
      decodeDirectory({ bytes, packId, leafCount: random.pick(shape.packLeaves), shape });
      return undefined;
    };
  },
});

function compressed(plain: Uint8Array): Uint8Array {
  const into = new Uint8Array(plain.length + 64);
  return into.slice(0, bulk.compress(plain, into, 1));
}

const frames = readerKind({
  name: 'frames',
  share: 8,
  open(): ReadCase {
    const plain = [new Uint8Array(64 * 1024), fixtureRandom.bytes(300), Buffer.alloc(5000, 'kura')];
    const bomb = compressed(new Uint8Array(ROOM_BYTES));
    const samples = [...plain.map((bytes) => compressed(bytes)), bomb];
    const scratch = new Uint8Array(ROOM_BYTES);
    return (random) => {
      const stored = mutate(random, samples);
      const lengths = [...plain.map((bytes) => bytes.length), 1, 2 ** 22, 2 ** 40];
      const own = plain[samples.findIndex((sample) => equalBytes(sample, stored))]?.length;
      const plainBytes = random.chance(0.8) ? (own ?? random.pick(lengths)) : random.pick(lengths);
      const codec = random.chance(0.9) ? ('zstd' as const) : ('raw' as const);
      const storedBytes = random.chance(0.9) ? stored.length : stored.length + 1;
      const frame = { codec, storedBytes, plainBytes };
      decodeFrame({ bulk, frame, stored, room: (bytes) => scratch.subarray(0, bytes) });
      return undefined;
    };
  },
});

/** All that a restore reads of a pack. */
async function readAll(sealed: Uint8Array, leafCount: number, step: Step): Promise<undefined> {
  const reader = newReader({ shape, sealed, leafCount, onFetch: step });
  try {
    const { frames: found } = await reader.directory();
    for (const frame of found) {
      step();
      await reader.readFrame(frame);
    }
    return undefined;
  } finally {
    reader.close();
  }
}

/** A pack of whole leaves: what the copy's own cipher hands over. */
function leavesOf(bytes: Uint8Array, leafCount: number): Uint8Array {
  const leaves = new Uint8Array(leafCount * shape.leafBytes);
  leaves.set(bytes.subarray(0, leaves.length));
  return leaves;
}

async function samplePacks(): Promise<Uint8Array[]> {
  const plain = [10, 3000, 900].map((size) => rawFrame(fixtureRandom.bytes(size)));
  const text = Buffer.alloc(6000, 'kura');
  const stored = compressed(text);
  const zstd = { ...rawFrame(text), codec: 'zstd' as const, stored };
  const packs = [await writePack({ shape }, plain), await writePack({ shape }, [zstd, ...plain])];
  return packs.map(({ sealed }) => sealed);
}

const sealedPacks = readerKind({
  name: 'sealed packs',
  share: 3,
  open(): ReadCase {
    const made = samplePacks();
    return async (random, step) => {
      const samples = await made;
      const leafCount = random.pick([4, 4, 4, 8, 16, 3]);
      return readAll(leavesOf(mutate(random, samples), leafCount), leafCount, step);
    };
  },
});

const forgedPacks = readerKind({
  name: 'forged packs',
  share: 3,
  open(): ReadCase {
    const made = samplePacks().then((packs) => packs.map((sealed) => sealedPartsOf(sealed, shape)));
    const directory = sampleDirectories();
    return async (random, step) => {
      const parts = random.pick(await made);
      const forged = forge(random, parts, directory);
      return readAll(sealAnything(forged, shape), forged.leafCount, step);
    };
  },
});

/** Rightly sealed, and hostile: a payload, a directory or a header of another's making. */
function forge(
  random: SeededRandom,
  parts: SealedParts,
  directory: readonly Uint8Array[],
): SealedParts {
  const choice = random.below(4);
  if (choice === 0) return { ...parts, header: mutate(random, [parts.header]) };
  const { payload } = parts;
  if (choice === 1) return { ...parts, payload: mutate(random, [payload]) };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const length = view.getUint32(payload.length - 8, true);
  const own = payload.slice(payload.length - 8 - length, payload.length - 8);
  const hostile = mutate(random, choice === 2 ? [own] : [own, ...directory]);
  const forged = payload.slice();
  const at = Math.max(0, payload.length - 8 - hostile.length);
  forged.set(hostile.subarray(0, payload.length - 8 - at), at);
  const claimed = random.pick([hostile.length, hostile.length, hostile.length, 0, 2 ** 32 - 1]);
  new DataView(forged.buffer).setUint32(forged.length - 8, claimed, true);
  return { ...parts, payload: forged };
}

const device = newDevice({ ownerSeed: member.ownerSeed, random: fixtureRandom });

const SNAPSHOT = sampleSnapshot(device.deviceId);

/** A record around any body, under the device's true signature. */
function signed(body: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  const whole = Buffer.concat([length, body, device.publicKey, device.ownerSignature]);
  const domain = Buffer.from('kura/1 snapshot\n');
  return Buffer.concat([whole, signAs(device.seed, Buffer.concat([domain, whole]))]);
}

const snapshots = readerKind({
  name: 'snapshot records',
  share: 5,
  open(): ReadCase {
    const { record } = encodeSnapshot({ snapshot: SNAPSHOT, device, random: fixtureRandom });
    const body = record.subarray(4, record.length - 160);
    const fields: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return (random) => {
      const choice = random.below(3);
      const forged =
        choice === 0
          ? mutate(random, [record])
          : signed(
              choice === 1
                ? mutate(random, [body])
                : Buffer.from(JSON.stringify(mutateValue(random, fields)), 'utf8'),
            );
      const { snapshot } = decodeSnapshot({ record: forged, ownerKey: member.ownerKey });
      toHex(snapshot.root.id);
      return undefined;
    };
  },
});

export const formatKinds: readonly HostileKind[] = [
  pages,
  lists,
  directories,
  frames,
  sealedPacks,
  forgedPacks,
  snapshots,
];

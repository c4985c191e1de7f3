import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ByteString,
  byteString,
  type ChunkId,
  concatBytes,
  KuraError,
  MAX_SNAPSHOT_BYTES,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';
import { type DeviceKey, newDevice, signAs } from '@kura/member-seal';
import fc from 'fast-check';
import { member, fixtureRandom as random, stranger } from './pack-fixtures.ts';
import { decodeSnapshot, encodeSnapshot, snapshotIdOf } from './snapshot.ts';
import { SAMPLE_STATISTICS, sampleSnapshot } from './test-snapshot.ts';
import { BACKUP_KINDS, type Snapshot } from './types.ts';

const device = newDevice({ ownerSeed: member.ownerSeed, random });
const { ownerKey } = member;

const SAMPLE = sampleSnapshot(device.deviceId, {
  paths: [byteString('/home/hana/写真'), '/raw/\xff\xfe' as ByteString],
});

function encode(snapshot: Snapshot, by: DeviceKey = device): Uint8Array {
  return encodeSnapshot({ snapshot, device: by, random }).record;
}

function failure(record: Uint8Array): KuraError {
  try {
    decodeSnapshot({ record, ownerKey });
  } catch (error) {
    assert.ok(error instanceof KuraError, String(error));
    return error;
  }
  return assert.fail('the record was accepted');
}

/** A record of any body, rightly signed: what a careless or hostile device could make. */
function signed(body: string | Uint8Array, by: DeviceKey = device): Uint8Array {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  const before = concatBytes(length, bytes, by.publicKey, by.ownerSignature);
  return concatBytes(before, signAs(by.seed, concatBytes(utf8('kura/1 snapshot\n'), before)));
}

function bodyText(record: Uint8Array): string {
  const length = new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  return Buffer.from(record.subarray(4, 4 + length)).toString('utf8');
}

const names = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map(
    (bytes) =>
      Buffer.from(bytes.map((byte) => (byte === 0 ? 47 : byte))).toString('latin1') as ByteString,
  );
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const snapshotIds = fc.option(
  ids.map((bytes) => snapshotId(toHex(bytes))),
  { nil: undefined },
);
const counts = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const snapshots: fc.Arbitrary<Snapshot> = fc.record(
  {
    version: fc.constant(1 as const),
    timeMs: fc.nat({ max: 8_640_000_000_000_000 }),
    hostname: fc.string({ maxLength: 255 }),
    username: fc.string({ unit: 'grapheme', maxLength: 50 }),
    paths: fc.array(names, { maxLength: 8 }),
    tags: fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 8 }),
    kind: fc.constantFrom(...BACKUP_KINDS),
    base: snapshotIds,
    predecessor: snapshotIds,
    original: snapshotIds,
    device: fc.constant(device.deviceId),
    root: fc.record(
      { id: ids.map((bytes) => bytes as ChunkId), length: fc.integer({ min: 1, max: 4_194_304 }) },
      { noNullPrototype: true },
    ),
    statistics: fc.record(
      {
        filesNew: counts,
        filesChanged: counts,
        filesUnmodified: counts,
        dirsNew: counts,
        dirsChanged: counts,
        dirsUnmodified: counts,
        dataAdded: counts,
        dataAddedPacked: counts,
        totalFilesProcessed: counts,
        totalBytesProcessed: counts,
        durationMs: counts,
      },
      { noNullPrototype: true },
    ),
    skipped: fc.array(names, { maxLength: 8 }),
  },
  { noNullPrototype: true },
);

test('any snapshot is read as it was written, with its id and the key of its device', () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const { record, snapshotId: id } = encodeSnapshot({ snapshot, device, random });
      const decoded = decodeSnapshot({ record, ownerKey });
      assert.deepEqual(decoded, { snapshot, snapshotId: id, deviceKey: device.publicKey });
      assert.equal(id, snapshotIdOf(record));
    }),
    { numRuns: 60 },
  );
});

test('R7: the same snapshot recorded twice has two ids', () => {
  const ids = new Set<SnapshotId>();
  for (let run = 0; run < 3; run++) {
    ids.add(encodeSnapshot({ snapshot: SAMPLE, device, random }).snapshotId);
  }
  assert.equal(ids.size, 3);
});

test('R11: every changed bit of a record is refused', () => {
  const record = encode(SAMPLE);
  for (let at = 0; at < record.length; at++) {
    const changed = record.slice();
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    assert.match(failure(changed).code, /^(refused|corrupt)$/, `byte ${at}`);
  }
  for (const length of [0, 3, 4, 100, record.length - 1]) {
    assert.equal(failure(record.subarray(0, length)).code, 'corrupt');
  }
  assert.equal(failure(concatBytes(record, new Uint8Array(1))).code, 'corrupt');
});

test('a device that the owner never certified is refused', () => {
  const foreign = newDevice({ ownerSeed: stranger.ownerSeed, random });
  const record = encode({ ...SAMPLE, device: foreign.deviceId }, foreign);
  assert.match(failure(record).message, /not certified/);
  const lent = { ...foreign, ownerSignature: device.ownerSignature };
  assert.match(failure(signed('{}', lent)).message, /not certified/);
});

test('a device cannot speak in the name of another', () => {
  const other = newDevice({ ownerSeed: member.ownerSeed, random });
  const body = bodyText(encode(SAMPLE));
  const error = failure(signed(body, other));
  assert.equal(error.code, 'refused');
  assert.match(error.message, /another device/);
  assert.throws(() => encode(SAMPLE, other), /another device's name/);
});

test('a newer version is unsupported, with advice; unknown fields are ignored', () => {
  const body = JSON.parse(bodyText(encode(SAMPLE))) as Record<string, unknown>;
  const error = failure(signed(JSON.stringify({ ...body, version: 2 })));
  assert.equal(error.code, 'unsupported');
  assert.match(error.guidance ?? '', /version of Kura/);
  const record = signed(JSON.stringify({ ...body, colour: 'blue', __proto__: { x: 1 } }));
  assert.deepEqual(decodeSnapshot({ record, ownerKey }).snapshot, SAMPLE);
});

test('R38: fields that are missing, of another type or out of bounds are named', () => {
  const body = JSON.parse(bodyText(encode(SAMPLE))) as Record<string, unknown>;
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    version: [undefined, 0, '1', null],
    timeMs: [undefined, -1, 1.5, 9e15, '0', null],
    hostname: [undefined, 7, 'x'.repeat(256), null],
    username: [undefined, {}, 'x'.repeat(256)],
    paths: [undefined, 'L2E=', [7], ['L2E'], ['####'], [''], ['AA=='], [null], {}],
    tags: [undefined, [7], ['x'.repeat(256)], Array(257).fill('x')],
    kind: [undefined, 'complete', 0],
    base: [7, 'ab', 'G'.repeat(64)],
    predecessor: ['AB'.repeat(32)],
    original: [{}],
    device: [undefined, 'ab', null],
    root: [undefined, null, [], { id: 'ab', length: 1 }, { id: 'ab'.repeat(32), length: 0 }],
    statistics: [
      undefined,
      [],
      {},
      { ...SAMPLE_STATISTICS, filesNew: -1 },
      { ...SAMPLE_STATISTICS, dirsNew: '1' },
    ],
    skipped: [undefined, Array(1001).fill('L2E='), [['L2E=']]],
    nonce: [undefined, 'x', ''],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      const error = failure(signed(JSON.stringify({ ...body, [field]: value })));
      assert.equal(error.code, 'corrupt');
      assert.ok(error.message.includes(field), `${error.message}: ${field}`);
    }
  }
});

test('R38: bodies that are no object are corrupt', () => {
  const notUtf8 = new Uint8Array([0x7b, 0xff, 0x7d]);
  for (const body of ['', 'null', '7', '[]', '"x"', '{', '['.repeat(100_000), notUtf8]) {
    assert.equal(failure(signed(body)).code, 'corrupt');
  }
});

test('a record longer than the limit is refused before it is looked at', () => {
  assert.match(failure(new Uint8Array(MAX_SNAPSHOT_BYTES + 1)).message, /too long/);
  const claims = encode(SAMPLE).slice();
  new DataView(claims.buffer).setUint32(0, 0xffff_ffff, true);
  assert.match(failure(claims).message, /too long/);
});

test('too many paths are told to the user; of unreadable files the first are kept', () => {
  const path = byteString(`/${'x'.repeat(1000)}`);
  assert.throws(() => encode({ ...SAMPLE, paths: Array(1000).fill(path) as ByteString[] }), {
    code: 'too_large',
  });
  assert.throws(() => encode({ ...SAMPLE, tags: ['x'.repeat(256)] }), { code: 'usage' });
  const skipped = Array.from({ length: 5_000 }, (_, index) => byteString(`/${index}`));
  const kept = (list: readonly ByteString[]): readonly ByteString[] =>
    decodeSnapshot({ record: encode({ ...SAMPLE, skipped: list }), ownerKey }).snapshot.skipped;
  assert.deepEqual(kept(skipped), skipped.slice(0, 1000));
  assert.equal(kept(Array(500).fill(path) as ByteString[]).length, 130);
});

const NOTE = {
  copies: 3,
  home: { name: 'tokyo', lat: 35.7, lon: -139.7, powerArea: 'jp-east' },
};

test('A2: the network note comes back, and a record without one is as good', () => {
  const { snapshot } = decodeSnapshot({ record: encode({ ...SAMPLE, network: NOTE }), ownerKey });
  assert.deepEqual(snapshot.network, NOTE);
  assert.equal(decodeSnapshot({ record: encode(SAMPLE), ownerKey }).snapshot.network, undefined);
});

test('a network note out of bounds is never written, because nobody would read it', () => {
  const { home } = NOTE;
  for (const network of [
    { ...NOTE, copies: 0 },
    { ...NOTE, copies: 1.5 },
    { ...NOTE, copies: 1000 },
    { ...NOTE, home: { ...home, lat: 91 } },
    { ...NOTE, home: { ...home, lon: Number.NaN } },
    { ...NOTE, home: { ...home, name: 'x'.repeat(300) } },
  ]) {
    assert.throws(() => encode({ ...SAMPLE, network }), /network is missing or impossible/);
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ChunkId, fromHex, must, packId, SMALL_SHAPE, toHex } from '@kura/base';
import { deriveMemberKeys, openEnvelope, type Root } from '@kura/member-seal';
import { chunkIdOf } from './ids.ts';
import { bulk, newReader, writePack } from './pack-fixtures.ts';
import type { NewFrame } from './pack-writer.ts';
import { decodeSnapshot } from './snapshot.ts';
import type { ChunkKind } from './types.ts';

function load<T>(name: string): T {
  const path = new URL(`../../vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

interface Change {
  readonly why: string;
  readonly byte: number;
  readonly code: string;
}

interface PackFile {
  readonly packId: string;
  readonly leafCount: number;
  readonly directory: string;
  readonly sealed: string;
  readonly frames: readonly {
    readonly codec: 'raw' | 'zstd';
    readonly stored: string;
    readonly plain: string;
    readonly plainBytes: number;
    readonly kind: ChunkKind;
    readonly chunks: readonly { readonly id: string; readonly length: number }[];
  }[];
  readonly changes: readonly Change[];
}

const root = fromHex(load<{ readonly root: string }>('member-seal/keys.json').root) as Root;
const keys = deriveMemberKeys(root);
const file = load<PackFile>('format/pack.json');
const sealed = new Uint8Array(Buffer.from(file.sealed, 'base64'));

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test('vectors: a pack is read, frame by frame', async () => {
  const reader = newReader({ shape: SMALL_SHAPE, sealed, keys, packId: packId(file.packId) });
  const { frames } = await reader.directory();
  assert.equal(frames.length, file.frames.length);
  for (const [index, frame] of frames.entries()) {
    const expected = must(file.frames[index], 'a frame');
    const plain = await reader.readFrame(frame);
    assert.equal(toHex(plain), expected.plain);
    const id = chunkIdOf(bulk, keys.chunkIdKeys, frame.kind, plain);
    assert.equal(toHex(id), expected.chunks[0]?.id);
    assert.deepEqual(frame.chunks[0]?.id, id);
  }
});

test('vectors: the same frames in the same session give the same pack, bit by bit', async () => {
  const { envelope: hex } = load<{ readonly envelope: string }>('member-seal/envelope.json');
  const envelope = fromHex(hex);
  const session = { envelope, sessionSecret: openEnvelope(keys, envelope), epoch: 0 };
  const frames = file.frames.map(
    (frame): NewFrame => ({
      ...frame,
      stored: fromHex(frame.stored),
      chunks: frame.chunks.map(({ id, length }) => ({ id: fromHex(id) as ChunkId, length })),
    }),
  );
  const options = { shape: SMALL_SHAPE, session, packId: packId(file.packId), targetLeaves: 4 };
  const pack = await writePack(options, frames);
  assert.equal(toHex(pack.directoryBytes), file.directory);
  assert.equal(pack.leafCount, file.leafCount);
  assert.equal(Buffer.from(pack.sealed).toString('base64'), file.sealed);
});

test('vectors: every changed pack is refused as the list says', async () => {
  for (const { why, byte, code } of file.changes) {
    const reader = newReader({ shape: SMALL_SHAPE, sealed: changed(sealed, byte), keys });
    const readAll = async (): Promise<void> => {
      const { frames } = await reader.directory();
      for (const frame of frames) await reader.readFrame(frame);
    };
    await assert.rejects(readAll(), { code }, why);
  }
});

test('vectors: a snapshot, and records that are refused', () => {
  const vector = load<{
    readonly ownerKey: string;
    readonly record: string;
    readonly snapshotId: string;
    readonly publicKey: string;
    readonly snapshot: { readonly root: { readonly id: string } };
    readonly changes: readonly Change[];
  }>('format/snapshot.json');
  const record = fromHex(vector.record);
  const ownerKey = fromHex(vector.ownerKey);
  const { snapshot, snapshotId, deviceKey } = decodeSnapshot({ record, ownerKey });
  const root = { ...snapshot.root, id: toHex(snapshot.root.id) };
  assert.deepEqual(JSON.parse(JSON.stringify({ ...snapshot, root })), vector.snapshot);
  assert.equal(snapshotId, vector.snapshotId);
  assert.equal(toHex(deviceKey), vector.publicKey);
  for (const { why, byte, code } of vector.changes) {
    const decode = () => decodeSnapshot({ record: changed(record, byte), ownerKey });
    assert.throws(decode, { code }, why);
  }
});

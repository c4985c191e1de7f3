import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { systemAlarmClock as clock, KIB, KuraError, MIB } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { TokenBucket } from './bandwidth.ts';
import { writeBody } from './write-body.ts';

test('R38: a body whose source gives up is not written to its end, though the other end takes nothing', async () => {
  const out = new Writable({ write: () => undefined });
  const gaveUp = new AbortController();
  const reason = new KuraError('unreachable', 'too slowly');
  let isClosed = false;
  async function* pieces() {
    try {
      yield new Uint8Array(1024);
    } finally {
      isClosed = true;
    }
  }
  const source = { sizeBytes: 1024, stream: pieces(), signal: gaveUp.signal };
  const { signal } = new AbortController();
  const written = writeBody(out, source, { stallMs: 60_000, bucket: undefined, clock, signal });
  gaveUp.abort(reason);
  await assert.rejects(written, (error) => error === reason);
  assert.ok(isClosed, 'and whoever made its pieces knows');
});

/** The pieces in which 4 MiB go out if the other end takes `takenMs` for each. */
async function piecesOf(takenMs: number, bytesPerSecond = 0): Promise<number[]> {
  const clock = new ManualAlarmClock();
  const pieces: number[] = [];
  const out = new Writable({
    write(piece: Uint8Array, _encoding, done) {
      pieces.push(piece.length);
      clock.advance(takenMs);
      done();
    },
  });
  const bucket = new TokenBucket(bytesPerSecond, clock);
  const { signal } = new AbortController();
  await writeBody(
    out,
    { bytes: new Uint8Array(4 * MIB) },
    { stallMs: 20_000, bucket, clock, signal },
  );
  return pieces;
}

test('pieces grow on a fast line, and stay small on a slow or limited one', async () => {
  const fast = await piecesOf(0);
  assert.equal(Math.max(...fast), 512 * KIB);
  assert.equal(fast[0], 64 * KIB);
  assert.equal(
    fast.reduce((total, piece) => total + piece, 0),
    4 * MIB,
  );
  for (const small of [await piecesOf(300), await piecesOf(0, 8 * MIB)]) {
    assert.ok(small.every((piece) => piece === 64 * KIB));
  }
});

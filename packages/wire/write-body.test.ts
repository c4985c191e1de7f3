import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { systemAlarmClock as clock, KuraError } from '@kura/base';
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

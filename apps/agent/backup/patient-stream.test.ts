import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, KuraError } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { patientStream, WAIT_MS } from './patient-stream.ts';

/** A stream that answers when the test says so. */
function silentStream() {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const stream = { path: byteString('/stdin'), read: () => promise };
  return { stream, resolve, reject };
}

describe('a stream that is waited for', () => {
  const into = new Uint8Array(1);

  it('C1: is asked about again and again while it is silent, and no more once it has spoken', async () => {
    const alarms = new ManualAlarmClock();
    const { stream, resolve } = silentStream();
    let waited = 0;
    const onWait = async (): Promise<void> => {
      waited++;
    };
    const reading = patientStream(stream, { alarms, onWait }).read(into);
    for (let seconds = 1; seconds <= 3; seconds++) {
      alarms.advance(WAIT_MS);
      assert.equal(waited, seconds);
      await alarms.whenArmed(WAIT_MS);
    }
    resolve(1);
    assert.equal(await reading, 1);
    alarms.advance(10 * WAIT_MS);
    assert.deepEqual([waited, alarms.armed()], [3, 0]);
  });

  it('who wants to stop is heard although nothing comes', async () => {
    const alarms = new ManualAlarmClock();
    const { stream } = silentStream();
    const onWait = async (): Promise<void> => {
      throw new KuraError('interrupted', 'it was interrupted');
    };
    const reading = patientStream(stream, { alarms, onWait }).read(into);
    alarms.advance(WAIT_MS);
    await assert.rejects(reading, { code: 'interrupted' });
    assert.equal(alarms.armed(), 0);
  });

  it('what the stream fails with comes through, and leaves no alarm', async () => {
    const alarms = new ManualAlarmClock();
    const { stream, reject } = silentStream();
    const reading = patientStream(stream, { alarms, onWait: async () => undefined }).read(into);
    reject(new Error('the pipe broke'));
    await assert.rejects(reading, /the pipe broke/);
    assert.equal(alarms.armed(), 0);
  });
});

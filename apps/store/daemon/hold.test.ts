// Goal: a store that its operator holds obeys nobody until it hears of the release, over its own start and without its
// coordinator; what it does to itself after an absence ends by itself (D13, R35).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, KuraError, MINUTE_MS } from '@kura/base';
import { ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { Hold } from './hold.ts';
import { StateFolder } from './state-folder.ts';

const STATE = '/state';

function place() {
  const clock = new ManualClock();
  const random = new SeededRandom(7);
  const disk = new MemoryDisk({ clock });
  disk.makeFolder(STATE);
  /** The store, started anew. */
  const start = async (): Promise<Hold> =>
    new Hold(await StateFolder.open(disk, STATE, { random, nowMs: clock.nowMs() }), clock);
  return { disk, clock, start };
}

const held = (number: number) => ({ number, isHeld: true, sinceMs: 1000, why: 'who is this?' });
const released = (number: number) => ({ number, isHeld: false, sinceMs: 2000, why: '' });

const busy = (reason: string) => (error: unknown) =>
  error instanceof KuraError && error.code === 'busy' && error.context.reason === reason;

describe('a store on hold', () => {
  it('R35: by itself, until it is answered', async () => {
    const { clock, start } = place();
    const first = await start();
    assert.equal(first.by, 'store');
    assert.throws(() => first.demandNone(), busy('away'));
    await first.answered(undefined);
    first.demandNone();
    clock.advance(DAY_MS - MINUTE_MS);
    assert.equal((await start()).by, undefined);
    clock.advance(2 * MINUTE_MS);
    assert.equal((await start()).by, 'store');
  });

  it('D13: by its operator, over its own start, until a release is heard', async () => {
    const { start } = place();
    const first = await start();
    await first.answered(held(1));
    assert.throws(() => first.demandNone(), busy('hold'));
    const second = await start();
    assert.equal(second.by, 'operator');
    assert.deepEqual(second.order, held(1));
    await second.answered(undefined);
    assert.throws(() => second.demandNone(), busy('hold'), 'silence is no release');
    await second.answered(released(2));
    second.demandNone();
    assert.equal((await start()).by, undefined);
  });

  it('D13: an order that is no newer than what it has heard changes nothing', async () => {
    const { start } = place();
    const hold = await start();
    await hold.answered(held(3));
    for (const number of [1, 2, 3]) await hold.answered(released(number));
    assert.equal(hold.by, 'operator');
    assert.equal((await start()).order?.number, 3);
  });

  it('does not start with an order that it cannot read', async () => {
    const { disk, start } = place();
    await (await start()).answered(held(1));
    disk.flip(`${STATE}/hold.json`, 0);
    await assert.rejects(
      start(),
      (error) => error instanceof KuraError && error.code === 'corrupt',
    );
  });
});

// Goal: a backup is alive as long as it works, whatever it works at. Each of these lasts longer than a lease, while
// others look who is still there.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { byteString, MINUTE_MS } from '@kura/base';
import { SESSION_LEASE_MS } from '@kura/coordinator';
import { TestNetwork } from '../test-network.ts';
import type { BackupOptions } from './options.ts';

describe('a backup that takes long', () => {
  let network: TestNetwork;
  beforeEach(async () => {
    network = await TestNetwork.found();
  });
  afterEach(() => network.close());

  /** A minute passes, and somebody else begins: whoever has not reported for too long is given up by that. */
  async function passMinute(): Promise<void> {
    const { clock, coordinator } = network;
    clock.advance(MINUTE_MS);
    await coordinator.endSession(await coordinator.beginSession('check'));
  }

  const minutes = SESSION_LEASE_MS / MINUTE_MS + 5;

  it('C1: a walk that finds nothing to read is no silence', async () => {
    const names = Array.from({ length: minutes }, (_, index) => `file ${index}`);
    const files = Object.fromEntries(names.map((name) => [name, Buffer.from(name)]));
    const passed: Promise<void>[] = [];
    const isExcluded: BackupOptions['isExcluded'] = (_, isFolder) => {
      if (!isFolder) passed.push(passMinute());
      return false;
    };
    await network.save(files);
    await assert.doesNotReject(network.save(files, { isExcluded }));
    await Promise.all(passed);
    assert.equal(passed.length, minutes);
  });

  it('C1: nor is a stream that brings nothing new', async () => {
    const path = byteString('/dump.sql');
    const save = (pause: () => Promise<void>) => {
      let left = minutes;
      const read = async (into: Uint8Array): Promise<number> => {
        await pause();
        if (left-- === 0) return 0;
        into.fill(left, 0, 4096);
        return 4096;
      };
      return network.save({ beside: new Uint8Array(1) }, { paths: [path], stream: { path, read } });
    };
    await save(async () => undefined);
    const packs = (await network.rows()).length;
    await assert.doesNotReject(save(passMinute));
    assert.equal((await network.rows()).length, packs + 1, 'the pack of the record, and no data');
  });
});

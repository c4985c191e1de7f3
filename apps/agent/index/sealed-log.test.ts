import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, utf8 } from '@kura/base';
import { sealLocal } from '@kura/member-seal';
import { faultDisk, MemoryDisk, SeededRandom } from '@kura/testing';
import { readSealedLog, type SealedLogOptions, SealedLogWriter } from './sealed-log.ts';

const random = new SeededRandom(3);
const localKey = random.bytes(32);
const RECORDS = [utf8('one'), new Uint8Array(0), random.bytes(5000)];

function newLog(disk = new MemoryDisk()): { disk: MemoryDisk; options: SealedLogOptions } {
  disk.makeFolder('/log');
  return { disk, options: { disk, path: '/log/a', localKey, purpose: 'test' } };
}

function write(options: SealedLogOptions, records = RECORDS): void {
  const writer = new SealedLogWriter({ ...options, random });
  for (const record of records) writer.append(record);
  writer.close();
}

/** How many of RECORDS come back; each as it was. */
function readBack(options: SealedLogOptions): number {
  const found = [...readSealedLog(options)];
  for (const [index, record] of found.entries()) {
    assert.ok(equalBytes(record, RECORDS[index] ?? utf8('?')), `record ${index}`);
  }
  return found.length;
}

describe('a sealed log', () => {
  it('gives back what was appended, in order', () => {
    const { options } = newLog();
    write(options);
    assert.equal(readBack(options), RECORDS.length);
  });

  it('is no file before the first record, and none after it is discarded', () => {
    const { disk, options } = newLog();
    const writer = new SealedLogWriter({ ...options, random });
    assert.equal(disk.stat(options.path), undefined);
    writer.append(utf8('one'));
    assert.notEqual(disk.stat(options.path), undefined);
    writer.discard();
    assert.equal(disk.stat(options.path), undefined);
    assert.deepEqual([...readSealedLog(options)], []);
  });

  it('holds no plaintext', () => {
    const { disk, options } = newLog();
    write(options, [utf8('a name that nobody should see')]);
    assert.equal(Buffer.from(disk.peek(options.path)).includes('nobody should see'), false);
  });

  it('ends at the first record that is torn, wherever it is torn', () => {
    const { disk, options } = newLog();
    write(options, RECORDS.slice(0, 2));
    const whole = disk.stat(options.path)?.sizeBytes ?? 0;
    for (const length of [whole - 1, whole - 40, whole - 44]) {
      const torn = newLog();
      const file = torn.disk.create(torn.options.path);
      file.write(disk.peek(options.path).subarray(0, length), 0);
      assert.equal(readBack(torn.options), 1, `${length} of ${whole} bytes`);
    }
  });

  it('ends at a record whose bytes changed: nothing is believed wrongly', () => {
    for (const position of [0, 3, 4, 20, 40]) {
      const { disk, options } = newLog();
      write(options);
      disk.flip(options.path, position, 0x40);
      assert.equal(readBack(options), 0, `byte ${position}`);
    }
  });

  it('takes no record of another purpose or another member for its own', () => {
    const { options } = newLog();
    write(options);
    assert.deepEqual([...readSealedLog({ ...options, purpose: 'other' })], []);
    assert.deepEqual([...readSealedLog({ ...options, localKey: random.bytes(32) })], []);
  });

  it('makes no room for a length that nothing backs', () => {
    const { disk, options } = newLog();
    const sealed = sealLocal({ localKey, purpose: 'test', bytes: utf8('x'), random });
    const file = disk.create(options.path);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, 0xffff_ffff, true);
    file.write(length, 0);
    file.write(sealed, 4);
    assert.deepEqual([...readSealedLog(options)], []);
  });

  it('is silent about a medium that errs, whichever call it is', () => {
    const { disk, options } = newLog();
    write(options);
    const counting = faultDisk(disk);
    readBack({ ...options, disk: counting });
    for (let at = 1; at <= counting.calls; at++) {
      const faulty = faultDisk(disk, { at, fault: 'error' });
      const found = readBack({ ...options, disk: faulty });
      // The last two calls find the end of the file, and close it.
      assert.equal(found === RECORDS.length, at > counting.calls - 2, `call ${at}`);
    }
  });

  it('a record that could not be appended leaves those before it, and room for the next', () => {
    const { disk, options } = newLog();
    const faulty = faultDisk(disk, { only: ['write'], at: 2, errno: 'ENOSPC' });
    const writer = new SealedLogWriter({ ...options, disk: faulty, random });
    writer.append(RECORDS[0] ?? utf8(''));
    assert.throws(() => writer.append(RECORDS[1] ?? utf8('')), /ENOSPC/);
    writer.append(RECORDS[1] ?? utf8(''));
    writer.close();
    assert.equal(readBack(options), 2);
  });
});

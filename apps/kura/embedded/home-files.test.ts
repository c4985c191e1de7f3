import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { homePaths } from '@kura/agent';
import { KuraError, type Random, utf8 } from '@kura/base';
import { deriveMemberKeys, newDevice, newRoot, sealLocal } from '@kura/member-seal';
import { faultDisk, MemoryDisk, SeededRandom } from '@kura/testing';
import { deviceKey, readRootFile, writeRootFile } from './home-files.ts';

const random = new SeededRandom(3);
const keys = deriveMemberKeys(newRoot(random));
const home = homePaths('/home');

interface Access {
  readonly disk: MemoryDisk;
  readonly home: typeof home;
  readonly random: Random;
}

function emptyHome(): Access {
  return { disk: new MemoryDisk(), home, random };
}

/** Puts exactly these bytes into the file. */
function put({ disk }: Access, path: string, bytes: Uint8Array): void {
  if (disk.stat(path) !== undefined) disk.unlink(path);
  disk.makeFolder(path.slice(0, path.lastIndexOf('/')));
  const file = disk.create(path);
  file.write(bytes, 0);
  file.close();
}

const isDamage = (pattern: RegExp) => (error: unknown) =>
  error instanceof KuraError &&
  error.code === 'corrupt' &&
  pattern.test(error.message) &&
  error.guidance !== undefined;

describe("a device's key at home", () => {
  it('is made once, and is the same from then on', async () => {
    const access = emptyHome();
    const first = await deviceKey(access, keys);
    assert.deepEqual(await deviceKey(access, keys), first);
    assert.deepEqual(
      access.disk.list('/home/member').map((entry) => entry.name),
      ['device.sealed'],
      'no temporary name is left',
    );
  });

  it('R8: any flipped byte, and any shorter file, is said to be damage, with the remedy', async () => {
    const access = emptyHome();
    await deviceKey(access, keys);
    const { disk } = access;
    const sizeBytes = disk.stat(home.deviceFile)?.sizeBytes ?? 0;
    const whole = new Uint8Array(sizeBytes);
    const file = disk.openRead(home.deviceFile);
    file.read(whole, 0);
    file.close();
    const isDeviceDamage = isDamage(/device.sealed, is damaged/);
    for (let at = 0; at < sizeBytes; at += 7) {
      const flipped = whole.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      put(access, home.deviceFile, flipped);
      await assert.rejects(deviceKey(access, keys), isDeviceDamage);
      put(access, home.deviceFile, whole.subarray(0, at));
      await assert.rejects(deviceKey(access, keys), isDeviceDamage);
    }
  });

  it('R8: what is rightly sealed around nonsense is damage as well, never half a key', async () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const device = newDevice({ ownerSeed: keys.ownerSeed, random });
    const other = newDevice({ ownerSeed: random.bytes(32), random });
    const good = {
      deviceId: device.deviceId,
      seed: hex(device.seed),
      publicKey: hex(device.publicKey),
      ownerSignature: hex(device.ownerSignature),
    };
    const sealed = (value: string): Uint8Array =>
      sealLocal({ localKey: keys.localKey, purpose: 'device', bytes: utf8(value), random });
    const access = emptyHome();
    put(access, home.deviceFile, sealed(JSON.stringify(good)));
    assert.equal((await deviceKey(access, keys)).deviceId, device.deviceId);
    const bad = [
      '',
      'null',
      '7',
      '[]',
      '{}',
      JSON.stringify({ ...good, seed: 7 }),
      JSON.stringify({ ...good, seed: good.seed.slice(2) }),
      JSON.stringify({ ...good, seed: 'zz'.repeat(32) }),
      JSON.stringify({ ...good, seed: hex(other.seed) }),
      JSON.stringify({ ...good, publicKey: hex(other.publicKey) }),
      JSON.stringify({ ...good, ownerSignature: hex(other.ownerSignature) }),
      JSON.stringify({ ...good, deviceId: other.deviceId }),
    ];
    for (const value of bad) {
      put(access, home.deviceFile, sealed(value));
      await assert.rejects(deviceKey(access, keys), isDamage(/device.sealed/), value);
    }
  });

  it("another member's key does not open here", async () => {
    const access = emptyHome();
    await deviceKey(access, keys);
    const others = deriveMemberKeys(newRoot(random));
    await assert.rejects(deviceKey(access, others), isDamage(/device.sealed/));
  });
});

describe("the member's root at home", () => {
  const wrapped = { version: 1 } as unknown as Parameters<typeof writeRootFile>[1];

  it('is the old file or the new one, whichever call of the disk fails', async () => {
    for (let call = 1; ; call++) {
      const access = emptyHome();
      await writeRootFile(access, wrapped);
      const newer = { ...wrapped, version: 2 } as unknown as typeof wrapped;
      const disk = faultDisk(access.disk, { at: call });
      try {
        await writeRootFile({ ...access, disk }, newer);
      } catch (error) {
        assert.ok(error instanceof KuraError, String(error));
      }
      const { version } = readRootFile(access) as { readonly version: number };
      const names = access.disk.list('/home/member').map((entry) => entry.name);
      assert.deepEqual(names, ['root.json'], `no litter, call ${call}`);
      if (disk.struck === undefined) return assert.equal(version, 2);
      assert.ok(version === 1 || version === 2, `call ${call}`);
    }
  });

  it('C12: damage is one sentence that names the file and the way out', () => {
    const access = emptyHome();
    assert.equal(readRootFile(access), undefined);
    put(access, home.rootFile, utf8('{"version":'));
    assert.throws(() => readRootFile(access), isDamage(/member\/root.json is damaged/));
    put(access, home.rootFile, new Uint8Array(65 * 1024));
    assert.throws(() => readRootFile(access), isDamage(/root.json is damaged/));
  });
});

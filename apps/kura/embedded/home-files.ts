// The member's own files below KURA_HOME: the wrapped root and this device's sealed signing key. Written
// durably and replaced atomically; readable by the owner only.

import type { HomePaths } from '@kura/agent';
import { asKuraError, type Disk, KuraError, type Random, toHex, utf8 } from '@kura/base';
import {
  type DeviceKey,
  type MemberKeys,
  newDevice,
  openLocal,
  sealLocal,
  type WrappedRoot,
} from '@kura/member-seal';

const MAX_FILE_BYTES = 64 * 1024;
const DEVICE_PURPOSE = 'device';

interface FileAccess {
  readonly disk: Disk;
  readonly home: HomePaths;
  readonly random: Random;
}

/** The wrapped root as it stands in the file, unchecked; undefined if there is none. */
export function readRootFile({ disk, home }: Pick<FileAccess, 'disk' | 'home'>): unknown {
  const bytes = readSmallFile(disk, home.rootFile);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new KuraError('corrupt', 'the key file member/root.json is damaged', {
      cause: error,
      guidance: 'Bring it back from a copy of KURA_HOME, or use `kura recover` with your words.',
    });
  }
}

export async function writeRootFile(access: FileAccess, wrapped: WrappedRoot): Promise<void> {
  const text = `${JSON.stringify(wrapped, undefined, 2)}\n`;
  await replaceFile(access, access.home.rootFile, utf8(text));
}

/** This device's key; a new one, certified by the owner, if there is none or it is another member's. */
export async function deviceKey(access: FileAccess, keys: MemberKeys): Promise<DeviceKey> {
  const { disk, home, random } = access;
  const sealed = readSmallFile(disk, home.deviceFile);
  if (sealed !== undefined) {
    const bytes = openLocal({ localKey: keys.localKey, purpose: DEVICE_PURPOSE, sealed });
    return decodeDevice(bytes);
  }
  const device = newDevice({ ownerSeed: keys.ownerSeed, random });
  const bytes = encodeDevice(device);
  const { localKey } = keys;
  await replaceFile(
    access,
    home.deviceFile,
    sealLocal({ localKey, purpose: DEVICE_PURPOSE, bytes, random }),
  );
  return device;
}

const FIELDS = ['seed', 'publicKey', 'ownerSignature'] as const;

function encodeDevice(device: DeviceKey): Uint8Array {
  const fields = Object.fromEntries(FIELDS.map((name) => [name, toHex(device[name])]));
  return utf8(JSON.stringify({ deviceId: device.deviceId, ...fields }));
}

function decodeDevice(bytes: Uint8Array): DeviceKey {
  const fields = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, string>;
  const hex = (name: string): Uint8Array => new Uint8Array(Buffer.from(fields[name] ?? '', 'hex'));
  return {
    deviceId: fields['deviceId'] as DeviceKey['deviceId'],
    seed: hex('seed'),
    publicKey: hex('publicKey'),
    ownerSignature: hex('ownerSignature'),
  };
}

function readSmallFile(disk: Disk, path: string): Uint8Array | undefined {
  const stat = disk.stat(path);
  if (stat === undefined) return undefined;
  if (stat.sizeBytes > MAX_FILE_BYTES) {
    throw new KuraError('corrupt', `${path} is far too long to be a key file`);
  }
  const file = disk.openRead(path);
  try {
    const bytes = new Uint8Array(stat.sizeBytes);
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}

/** Temporary name, write, fsync, rename, fsync the folder: the old file or the new one, never half. */
async function replaceFile(access: FileAccess, path: string, bytes: Uint8Array): Promise<void> {
  const { disk, random } = access;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const temporary = `${path}.${toHex(random.bytes(8))}`;
  try {
    disk.makeFolder(folder);
    const file = disk.create(temporary);
    try {
      file.write(bytes, 0);
      await file.sync();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
    await disk.syncFolder(folder);
  } catch (error) {
    throw asKuraError(error, `${path} could not be written`);
  }
}

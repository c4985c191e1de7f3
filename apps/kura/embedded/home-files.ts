// The member's own files below KURA_HOME: the wrapped root and this device's sealed signing key. Written
// durably and replaced atomically; readable by the owner only.

import type { HomePaths } from '@kura/agent';
import { objectIn, readSmallFile, readSmallJson, replaceFile } from '@kura/agent/small-file.ts';
import { type Disk, equalBytes, fromHex, KuraError, type Random, toHex, utf8 } from '@kura/base';
import {
  type DeviceKey,
  deviceIdOf,
  type MemberKeys,
  newDevice,
  openLocal,
  sealLocal,
  signingKeyOf,
  verifyDevice,
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
  const { rootFile: path } = home;
  return readSmallJson(disk, { path, maxBytes: MAX_FILE_BYTES, refuse: damagedRoot });
}

function damagedRoot(cause?: unknown): never {
  throw new KuraError('corrupt', 'the key file member/root.json is damaged', {
    guidance: 'Bring it back from a copy of KURA_HOME, or use `kura recover` with your words.',
    cause,
  });
}

export async function writeRootFile(access: FileAccess, wrapped: WrappedRoot): Promise<void> {
  const text = `${JSON.stringify(wrapped, undefined, 2)}\n`;
  await replaceFile(access, access.home.rootFile, utf8(text));
}

/** This device's key; a new one, certified by the owner, if there is none. `corrupt` if it is damaged. */
export async function deviceKey(access: FileAccess, keys: MemberKeys): Promise<DeviceKey> {
  const { disk, home, random } = access;
  const sealed = readSmallFile(disk, {
    path: home.deviceFile,
    maxBytes: MAX_FILE_BYTES,
    refuse: damagedDevice,
  });
  if (sealed !== undefined) {
    return decodeDevice(openDevice(sealed, keys), keys.ownerKey);
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

function openDevice(sealed: Uint8Array, { localKey }: MemberKeys): Uint8Array {
  try {
    return openLocal({ localKey, purpose: DEVICE_PURPOSE, sealed });
  } catch (error) {
    if (error instanceof KuraError && error.code === 'corrupt') damagedDevice(error);
    throw error;
  }
}

/** Fields of the file, each as hex, and their lengths in bytes. */
const FIELD_BYTES = { seed: 32, publicKey: 32, ownerSignature: 64 } as const;
type FieldName = keyof typeof FIELD_BYTES;

function encodeDevice({ deviceId, seed, publicKey, ownerSignature }: DeviceKey): Uint8Array {
  const fields = { seed, publicKey, ownerSignature };
  const hex = Object.entries(fields).map(([name, bytes]) => [name, toHex(bytes)] as const);
  return utf8(JSON.stringify({ deviceId, ...Object.fromEntries(hex) }));
}

/** Throws `corrupt` unless it is a whole key that this owner has certified. */
function decodeDevice(bytes: Uint8Array, ownerKey: Uint8Array): DeviceKey {
  const fields = objectIn(bytes, damagedDevice);
  const field = (name: FieldName): Uint8Array => {
    const text = fields[name];
    if (typeof text !== 'string' || text.length !== 2 * FIELD_BYTES[name]) damagedDevice();
    return /^[0-9a-f]*$/.test(text) ? fromHex(text) : damagedDevice();
  };
  const seed = field('seed');
  const publicKey = field('publicKey');
  const ownerSignature = field('ownerSignature');
  const deviceId = deviceIdOf(publicKey);
  const isWhole =
    fields.deviceId === deviceId &&
    equalBytes(signingKeyOf(seed), publicKey) &&
    verifyDevice({ publicKey, ownerSignature, ownerKey });
  return isWhole ? { deviceId, seed, publicKey, ownerSignature } : damagedDevice();
}

function damagedDevice(cause?: unknown): never {
  throw new KuraError('corrupt', "this device's key, member/device.sealed, is damaged", {
    guidance: 'Remove that file: this device then gets a new key, and nothing saved is lost.',
    cause,
  });
}

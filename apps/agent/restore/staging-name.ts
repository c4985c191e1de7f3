// Names of staging folders. They carry 8 random bytes and the modification time of the folder they lie
// in, so that even a kill right after making one can be undone to the nanosecond.
import { type ByteString, type Random, toHex } from '@kura/base';

const PATTERN = /^\.(?:.*\.)?kura-restore-[0-9a-f]{16}-[0-9a-f]{16}$/s;
/** With prefix and id the name stays below 255 bytes. */
const MAX_SHOWN_NAME = 200;

function prefixFor(child: ByteString | undefined): string {
  return child === undefined ? '.' : `.${child.slice(0, MAX_SHOWN_NAME)}.`;
}

/**
 * `child` is the name that the staged tree will take inside the folder; undefined if the folder is the
 * target itself.
 */
export function newStagingName(options: {
  readonly child: ByteString | undefined;
  readonly folderTimeNs: bigint;
  readonly random: Random;
}): ByteString {
  const time = BigInt.asUintN(64, options.folderTimeNs).toString(16).padStart(16, '0');
  const id = toHex(options.random.bytes(8));
  return `${prefixFor(options.child)}kura-restore-${id}-${time}` as ByteString;
}

export function isStagingName(name: ByteString): boolean {
  return PATTERN.test(name);
}

/** Whether `name` is a staging folder made for `child` (or for the folder itself). */
export function isStagingNameFor(name: ByteString, child: ByteString | undefined): boolean {
  const prefix = prefixFor(child);
  return isStagingName(name) && name.startsWith(prefix) && name.length === prefix.length + 46;
}

/** The modification time that the folder around it had. */
export function folderTimeOf(name: ByteString): bigint {
  return BigInt.asIntN(64, BigInt(`0x${name.slice(-16)}`));
}

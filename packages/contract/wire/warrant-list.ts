// Warrants as they travel: each after its `u32` length (docs/design/protocol.md). Whether they hold is for
// `verifyWarrant` to say.
import { ByteReader, ByteWriter, KuraError } from '@kura/base';
import { decodeWarrant, encodeWarrant, type Warrant } from '../warrant-form.ts';

/** A store each at the most, and a handful of them in any network that is not the largest. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

export function encodeWarrants(warrants: readonly Warrant[]): Uint8Array {
  const writer = new ByteWriter(MAX_LIST_BYTES);
  for (const warrant of warrants) {
    const bytes = encodeWarrant(warrant);
    writer.u32(bytes.length);
    writer.raw(bytes);
  }
  return writer.bytes();
}

/** Throws `hostile` for what is no list of warrants, and for more than `most`. */
export function decodeWarrants(bytes: Uint8Array, most: number): readonly Warrant[] {
  const reader = new ByteReader(bytes, 'list of warrants');
  const warrants: Warrant[] = [];
  try {
    while (reader.remaining > 0) {
      if (warrants.length === most) reader.fail(`it names more than ${most}`);
      warrants.push(decodeWarrant(reader.raw(reader.u32())));
    }
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    throw new KuraError('hostile', `the warrants are malformed: ${error.message}`);
  }
  return warrants;
}

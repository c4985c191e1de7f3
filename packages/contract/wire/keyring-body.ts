// What a keyring says, as JSON: what a member is called at each store, and by which key what lies there is read. It is
// sealed to the member (B5), so that neither a stolen certificate nor a proxy on the way reads it.
import { KuraError, MAX_STORES } from '@kura/base';
import { type Infer, list, record, whole } from './shape.ts';
import { hash, memberIdShape, storeIdShape } from './shapes.ts';

const copyKey = record({ storeId: storeIdShape, copyKey: hash, pseudonym: memberIdShape });

const keyring = record({
  version: whole({ min: 1, max: 1 }),
  memberId: memberIdShape,
  /** For every store that holds or may hold copies of this member. */
  keys: list(copyKey, { maxItems: MAX_STORES }),
  /** By which this member's notices are named. */
  noticeKey: hash,
  /** Of the newest notice for this member's card; 0 before the first. */
  notices: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});
export type Keyring = Infer<typeof keyring>;

/** Bytes of a letter with as many stores as there may be. */
export const MAX_KEYRING_BYTES = 512 * 1024;

export function writeKeyring(body: Keyring): string {
  return JSON.stringify(keyring.write(body));
}

/** Throws `corrupt` for what is no keyring of this version. */
export function readKeyring(text: string): Keyring {
  try {
    return keyring.read(JSON.parse(text), '', 'ignored');
  } catch (cause) {
    throw new KuraError('corrupt', 'the keyring is not what this version writes', { cause });
  }
}

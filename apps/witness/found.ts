// The key of a witness: made once, and never with a second state. It lies in the same folder as what it has signed, so
// that neither is brought back without the other.
import { dirname } from 'node:path';
import {
  type Disk,
  fromHex,
  KuraError,
  type Random,
  readSmallFile,
  replaceFile,
  toHex,
  utf8,
} from '@kura/base';
import type { WitnessConfig } from '@kura/daemon';
import { ED25519_KEY_BYTES, ed25519PublicKey, formatVerifierKey, isNoteName } from '@kura/log';
import { KeptCheckpoints } from './kept-checkpoints.ts';

const MAX_KEY_BYTES = 128;

export const keyPathOf = ({ state }: Pick<WitnessConfig, 'state'>): string =>
  `${state}/secrets/witness.key`;

/** Where it lies, and as whom it signs. */
type FoundedAs = Pick<WitnessConfig, 'state' | 'witness'>;
type Around = { readonly disk: Disk; readonly random: Random };

/** The key that logs and members have to know: "name+id+base64". Throws `already_exists`, `usage`. */
export async function foundWitness(config: FoundedAs, around: Around): Promise<string> {
  const { name } = config.witness;
  const path = keyPathOf(config);
  if (!isNoteName(name)) {
    throw new KuraError('usage', `"${name}" is no name for a witness`, {
      guidance: 'Use an address without a scheme, and without spaces and "+": witness.example.org',
    });
  }
  if (around.disk.stat(path) !== undefined) {
    throw new KuraError('already_exists', `there is a witness in ${config.state} already`, {
      guidance: 'Start it with: kura serve witness',
    });
  }
  const seed = around.random.bytes(ED25519_KEY_BYTES);
  // The key comes last: a founding that was killed before it can be begun again.
  around.disk.makeFolder(dirname(path));
  await KeptCheckpoints.found(around, config.state);
  await replaceFile(around, path, utf8(`${toHex(seed)}\n`));
  return verifierKeyOf(name, seed);
}

export function verifierKeyOf(name: string, seed: Uint8Array): string {
  return formatVerifierKey({ name, publicKey: ed25519PublicKey(seed) }, 'cosignature');
}

/** Throws `no_network` if it was never founded, `corrupt`. */
export function readWitnessSeed(config: FoundedAs, disk: Disk): Uint8Array {
  const path = keyPathOf(config);
  const refuse = (): never => {
    throw new KuraError('corrupt', `${path} is no key of a witness`, {
      guidance: 'Found a new witness in another folder, and tell the logs of it.',
    });
  };
  const bytes = readSmallFile(disk, { path, maxBytes: MAX_KEY_BYTES, refuse });
  if (bytes === undefined) {
    throw new KuraError('no_network', `${path} is not there`, {
      guidance: 'Found the witness first: kura serve witness --found',
    });
  }
  const text = Buffer.from(bytes).toString('utf8').trim();
  return /^[0-9a-f]{64}$/.test(text) ? fromHex(text) : refuse();
}

// The agent's own look at what the gateway made of its pack: it encrypts two random leaves again, with the
// other implementation of the ciphers, and finds them in the tree under the root that the store signed. No
// gateway can log a root that the member never checked.
import { equalBytes, KuraError, type NetworkShape, type StoreId } from '@kura/base';
import type { PackRecord, StoreIdentity } from '@kura/contract';
import { verifyAcknowledgement } from '@kura/contract/acknowledgement.ts';
import { openCopyCipher } from '@kura/copy-seal/cipher.ts';
import { copyIdOf } from '@kura/copy-seal/keys.ts';
import { checkLeafTable } from '@kura/copy-seal/leaves.ts';
import { suiteOf } from '@kura/copy-seal/suites.ts';
import type { Bulk } from '@kura/native';

export interface CopyCheckOptions {
  readonly identities: ReadonlyMap<StoreId, StoreIdentity>;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
}

export interface SampledLeaf {
  readonly index: number;
  readonly bytes: Uint8Array;
}

const HASH_BYTES = 32;

/** Throws `refused` if any copy is not exactly this pack under that store's cipher. */
export function checkCopies(
  record: PackRecord,
  samples: readonly SampledLeaf[],
  options: CopyCheckOptions,
): void {
  const { shape, bulk } = options;
  const outer = new Uint8Array(shape.leafBytes);
  const hash = new Uint8Array(HASH_BYTES);
  for (const { acknowledgement: ack, leafHashes } of record.copies) {
    const refuse = (why: string): never => {
      const city = options.identities.get(ack.storeId)?.place.city ?? ack.storeId;
      throw new KuraError('refused', `the copy of pack ${record.packId} in ${city} ${why}`);
    };
    const identity = options.identities.get(ack.storeId) ?? refuse('is at a store nobody knows');
    const copyKey = options.copyKeys.get(ack.storeId) ?? refuse('is at a store without a key');
    verifyAcknowledgement(ack, identity.publicKey);
    if (ack.copyId !== copyIdOf(copyKey, record.packId)) refuse('has another name');
    if (ack.leafCount !== record.leafCount) refuse('has another length');
    if (
      leafHashes.length !== record.leafCount * HASH_BYTES ||
      !checkLeafTable(leafHashes, ack.root)
    ) {
      refuse('has a root that does not follow from its leaves');
    }
    const cipher = openCopyCipher({
      bulk,
      suite: suiteOf(identity.suite),
      copyKey,
      copyId: ack.copyId,
      leafBytes: shape.leafBytes,
      direction: 'encrypt',
    });
    try {
      for (const sample of samples) {
        cipher.apply(sample.index, sample.bytes, outer);
        bulk.sha256(outer, hash);
        const at = sample.index * HASH_BYTES;
        if (!equalBytes(hash, leafHashes.subarray(at, at + HASH_BYTES))) {
          refuse(`differs from what was sealed at leaf ${sample.index}`);
        }
      }
    } finally {
      cipher.free();
    }
  }
}

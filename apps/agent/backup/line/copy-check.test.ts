import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, memberId, packId, SMALL_SHAPE, type StoreId, storeId } from '@kura/base';
import {
  ed25519PublicKey,
  type PackRecord,
  type StoreAcknowledgement,
  type StoredCopy,
  type StoreIdentity,
  signAcknowledgement,
} from '@kura/contract';
import { copyIdOf, copyKeyOf, openCopyCipher, SUITES } from '@kura/copy-seal';
import { treeHead } from '@kura/log';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { type CopyCheckOptions, checkCopies, type SampledLeaf } from './copy-check.ts';

const { bulk } = loadNative();
const shape = SMALL_SHAPE;
const { leafBytes } = shape;
const leafCount = shape.packLeaves[0];
const random = new SeededRandom(8);
const PACK = packId('ab'.repeat(32));
const sealed = random.bytes(leafCount * leafBytes);
const leafAt = (index: number): Uint8Array =>
  sealed.subarray(index * leafBytes, (index + 1) * leafBytes);
const SAMPLES: readonly SampledLeaf[] = [0, leafCount - 1].map((index) => ({
  index,
  bytes: leafAt(index),
}));

interface Store {
  readonly seed: Uint8Array;
  readonly identity: StoreIdentity;
  readonly copyKey: Uint8Array;
}

const stores: readonly Store[] = SUITES.map((suite, number) => {
  const seed = random.bytes(32);
  const id = storeId(String(number).repeat(32));
  const scope = {
    networkSecret: new Uint8Array(32),
    memberId: memberId('cd'.repeat(16)),
    epoch: 0,
  };
  return {
    seed,
    copyKey: copyKeyOf({ ...scope, storeId: id }),
    identity: {
      storeId: id,
      publicKey: ed25519PublicKey(seed),
      suite: String(suite),
      place: { city: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'jp-west' },
      inventoryEpoch: 1,
    },
  };
});
const [first, second] = stores as [Store, Store];

/** What an honest gateway and store make of the pack, but for what the test changes before the store signs. */
function copyAt(
  store: Store,
  change: { sealed?: Uint8Array; fields?: Partial<StoreAcknowledgement>; hashes?: Uint8Array } = {},
): StoredCopy {
  const { identity, copyKey, seed } = store;
  const copyId = copyIdOf(copyKey, PACK);
  const cipher = openCopyCipher({
    bulk,
    suite: identity.suite as (typeof SUITES)[number],
    copyKey,
    copyId,
    leafBytes,
    direction: 'encrypt',
  });
  const outer = new Uint8Array(sealed.length);
  cipher.apply(0, change.sealed ?? sealed, outer);
  cipher.free();
  const leafHashes = new Uint8Array(leafCount * 32);
  for (let leaf = 0; leaf < leafCount; leaf++) {
    const bytes = outer.subarray(leaf * leafBytes, (leaf + 1) * leafBytes);
    bulk.sha256(bytes, leafHashes.subarray(leaf * 32, (leaf + 1) * 32));
  }
  const { storeId: id } = identity;
  const root = treeHead(leafHashes);
  const fields = { storeId: id, copyId, leafCount, root, timeMs: 1, ...change.fields };
  const acknowledgement = signAcknowledgement(fields, seed);
  return { acknowledgement, reason: '', leafHashes: change.hashes ?? leafHashes };
}

const tools: CopyCheckOptions = {
  identities: new Map(stores.map(({ identity }) => [identity.storeId, identity])),
  copyKeys: new Map(stores.map(({ identity, copyKey }) => [identity.storeId, copyKey])),
  bulk: loadNative('twin').bulk,
  shape,
};

function check(copies: readonly StoredCopy[], options = tools): void {
  const record: PackRecord = { packId: PACK, leafCount, copies, failures: [] };
  checkCopies(record, SAMPLES, options);
}

const isRefusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof KuraError && error.code === 'refused' && pattern.test(error.message);

const without = <Value>(all: ReadonlyMap<StoreId, Value>, id: StoreId): Map<StoreId, Value> =>
  new Map([...all].filter(([key]) => key !== id));

describe("A3: the agent's own look at the copies of its pack", () => {
  it('passes what an honest network makes, under every suite, through the other implementation', () => {
    check(stores.map((store) => copyAt(store)));
  });

  it('refuses a copy of other bytes, if a sampled leaf is among them', () => {
    for (const leaf of [0, leafCount - 1]) {
      const other = sealed.slice();
      other[leaf * leafBytes + 5] = (other[leaf * leafBytes + 5] ?? 0) ^ 1;
      assert.throws(
        () => check([copyAt(first), copyAt(second, { sealed: other })]),
        isRefusal(new RegExp(`in ${second.identity.place.city} differs .* at leaf ${leaf}`)),
      );
    }
  });

  it('refuses a root that does not follow from the leaves shown, and a table of another length', () => {
    const root = new Uint8Array(32).fill(9);
    assert.throws(() => check([copyAt(first, { fields: { root } })]), isRefusal(/does not follow/));
    const hashes = copyAt(first).leafHashes;
    for (const wrong of [hashes.subarray(32), new Uint8Array(0)]) {
      assert.throws(() => check([copyAt(first, { hashes: wrong })]), isRefusal(/does not follow/));
    }
  });

  it('refuses a copy under another name, or of another length, although the store signed it', () => {
    const copyId = copyIdOf(second.copyKey, PACK);
    assert.throws(() => check([copyAt(first, { fields: { copyId } })]), isRefusal(/another name/));
    assert.throws(
      () => check([copyAt(first, { fields: { leafCount: leafCount + 1 } })]),
      isRefusal(/another length/),
    );
  });

  it('refuses a signature of anybody but that store', () => {
    const forged = copyAt({ ...first, seed: second.seed });
    assert.throws(() => check([forged]), { code: 'refused' });
    const copy = copyAt(first);
    const acknowledgement = { ...copy.acknowledgement, timeMs: 2 };
    assert.throws(() => check([{ ...copy, acknowledgement }]), { code: 'refused' });
  });

  it('refuses a store that nobody knows, or has no key for', () => {
    const { storeId: id } = first.identity;
    const identities = without(tools.identities, id);
    assert.throws(
      () => check([copyAt(first)], { ...tools, identities }),
      isRefusal(/nobody knows/),
    );
    const copyKeys = without(tools.copyKeys, id);
    assert.throws(() => check([copyAt(first)], { ...tools, copyKeys }), isRefusal(/without a key/));
  });
});

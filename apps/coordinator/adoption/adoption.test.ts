// Goal: of an embedded network that is brought along, a coordinator takes over what its stores have signed for,
// under the names that follow from the member's keys, and nothing else (docs/design/adoption.md).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MemberId, must, type PackId, packId, type StoreId, toHex } from '@kura/base';
import { signAcknowledgement } from '@kura/contract';
import { copyIdOf } from '@kura/copy-seal';
import { transact } from '@kura/database';
import {
  foundTestNetwork,
  refusal,
  storeAt,
  type TestNetwork,
  type TestStore,
} from '../fixtures.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { readUsage } from '../members/usage.ts';
import { acknowledgedPacks } from './acknowledged-packs.ts';
import { adoptStore } from './adopted-stores.ts';
import { type BroughtPack, bringPacks } from './brought-packs.ts';

const LEAVES = 4;
const LEAF_BYTES = 4096;
const GATEWAY_SECRET = new Uint8Array(32).fill(9);

class Adoption {
  readonly network: TestNetwork;
  readonly memberId: MemberId;

  constructor(network: TestNetwork) {
    this.network = network;
    this.memberId = network.coordinator.memberId;
  }

  static async begin(): Promise<Adoption> {
    const adoption = new Adoption(await foundTestNetwork());
    for (const store of adoption.network.stores) await adoption.adopt(store);
    return adoption;
  }

  keyOf({ identity }: TestStore): Uint8Array {
    return new Uint8Array(32).fill(Number.parseInt(identity.storeId.slice(0, 2), 16));
  }

  adopt(store: TestStore, copyKey = this.keyOf(store)): Promise<void> {
    const { storeId } = store.identity;
    const { random, clock } = this.network;
    return this.#transact((of) =>
      adoptStore(of, { storeId, copyKey }, { random, nowMs: clock.nowMs() }),
    );
  }

  bring(...packs: readonly BroughtPack[]): Promise<void> {
    const strength = { minimumCopies: 2, packLeaves: [LEAVES] };
    const options = { strength, leafBytes: LEAF_BYTES, nowMs: this.network.clock.nowMs() };
    return this.#transact((of) => bringPacks(of, packs, options));
  }

  newPack(stores: readonly TestStore[] = this.network.stores.slice(0, 2)): BroughtPack {
    const { random } = this.network;
    const id = packId(toHex(random.bytes(32)));
    return { packId: id, leafCount: LEAVES, copies: stores.map((store) => this.copy(id, store)) };
  }

  copy(id: PackId, store: TestStore, copyKey = this.keyOf(store)) {
    const { random, clock } = this.network;
    const fields = {
      storeId: store.identity.storeId,
      copyId: copyIdOf(copyKey, id),
      leafCount: LEAVES,
      root: random.bytes(32),
      timeMs: clock.nowMs(),
    };
    return { acknowledgement: signAcknowledgement(fields, store.seed), reason: 'far away' };
  }

  keysOf(member: MemberId, store: StoreId) {
    const rows = this.network.database.kysely;
    return new ServiceCopyKeys(GATEWAY_SECRET, () => rows).keysFor(member, store);
  }

  get of() {
    return { rows: this.network.database.kysely, memberId: this.memberId };
  }

  #transact<T>(work: (of: Adoption['of']) => Promise<T>): Promise<T> {
    const { memberId } = this;
    return transact(this.network.database, (rows) => work({ rows, memberId }));
  }
}

describe('adoption', () => {
  it('what stores have signed for is taken over once, however often it is brought', async () => {
    const adoption = await Adoption.begin();
    const packs = [adoption.newPack(), adoption.newPack()];
    await adoption.bring(...packs);
    await adoption.bring(...packs, adoption.newPack());
    assert.equal((await readUsage(adoption.of)).packs, 3);
    assert.equal((await readUsage(adoption.of)).leaves, 3 * LEAVES);
    const shown = await acknowledgedPacks(adoption.of, { after: undefined, limit: 10 });
    const [first] = packs;
    const again = shown.find((pack) => pack.packId === first?.packId);
    const signed = again?.copies.map(({ acknowledgement }) => acknowledgement?.signature);
    const wanted = must(first, 'a pack').copies.map((one) => one.acknowledgement.signature);
    assert.deepEqual(new Set(signed), new Set(wanted), 'and can be shown again as it was');
    const page = await acknowledgedPacks(adoption.of, { after: shown[0]?.packId, limit: 1 });
    assert.deepEqual(
      page.map((pack) => pack.packId),
      [shown[1]?.packId],
    );
  });

  it('a copy under another name, of a store that was not brought, or unsigned is refused', async () => {
    const adoption = await Adoption.begin();
    const { network } = adoption;
    const pack = adoption.newPack();
    const [first, second] = pack.copies;
    assert.ok(first !== undefined && second !== undefined);
    const otherKey = new Uint8Array(32).fill(1);
    const otherName = adoption.copy(pack.packId, storeAt(network, 0), otherKey);
    const otherPack = adoption.copy(adoption.newPack().packId, storeAt(network, 0));
    const forged = { ...first.acknowledgement, root: new Uint8Array(32) };
    const forgeries = [otherName, otherPack, { ...first, acknowledgement: forged }];
    for (const forgery of forgeries) {
      await assert.rejects(
        adoption.bring({ ...pack, copies: [forgery, second] }),
        refusal('refused'),
      );
    }
    const strange = new Adoption(await foundTestNetwork());
    await assert.rejects(strange.bring(pack), refusal('refused', /was not brought along/));
    assert.equal((await readUsage(adoption.of)).packs, 0);
  });

  it('A2: a pack with fewer copies than the network keeps is refused', async () => {
    const adoption = await Adoption.begin();
    const single = adoption.newPack([storeAt(adoption.network, 0)]);
    await assert.rejects(adoption.bring(single), refusal('too_few_stores'));
  });

  it('a store has one key for a member: the one it was adopted with, from then on', async () => {
    const adoption = new Adoption(await foundTestNetwork());
    const { memberId } = adoption;
    const store = storeAt(adoption.network, 0);
    const { storeId } = store.identity;
    const derived = await adoption.keysOf(memberId, storeId);
    assert.notEqual(derived.pseudonym, memberId);
    await adoption.adopt(store);
    await adoption.adopt(store);
    const adopted = await adoption.keysOf(memberId, storeId);
    assert.equal(adopted.pseudonym, memberId);
    assert.equal(Buffer.compare(adopted.copyKey, adoption.keyOf(store)), 0);
    const other = new Uint8Array(32).fill(1);
    await assert.rejects(adoption.adopt(store, other), refusal('already_exists'));
  });

  it('keys that were asked for before a store was adopted are not remembered', async () => {
    const adoption = new Adoption(await foundTestNetwork());
    const store = storeAt(adoption.network, 0);
    const { storeId } = store.identity;
    const keys = new ServiceCopyKeys(GATEWAY_SECRET, () => adoption.network.database.kysely);
    await keys.keysFor(adoption.memberId, storeId);
    await adoption.adopt(store);
    const { pseudonym } = await keys.keysFor(adoption.memberId, storeId);
    assert.equal(pseudonym, adoption.memberId);
  });
});

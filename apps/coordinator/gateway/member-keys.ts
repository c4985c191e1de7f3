// Keys and names of members at the stores of a service: they follow from the gateways' secret, unless a network
// was adopted with its own (docs/design/network.md, members.md).
import { createHmac } from 'node:crypto';
import { fromHex, type MemberId, memberId, type StoreId, toHex } from '@kura/base';
import { copyKeyOf } from '@kura/copy-seal';
import type { Rows } from '../db/tables.ts';
import { COPY_KEY_EPOCH, type CopyKeys, type StoreKeys } from './copy-keys.ts';

const PSEUDONYM_BYTES = 16;
/** Members times stores; each a few hundred bytes. */
const MAX_KNOWN = 50_000;

/** 16 bytes: what a store knows of a member. Two stores cannot compare theirs. */
export function pseudonymOf(gatewaySecret: Uint8Array, member: MemberId, store: StoreId): MemberId {
  const mac = createHmac('sha256', gatewaySecret)
    .update('kura/1 pseudonym')
    .update(fromHex(store))
    .update(fromHex(member));
  return memberId(toHex(mac.digest().subarray(0, PSEUDONYM_BYTES)));
}

export class ServiceCopyKeys implements CopyKeys {
  readonly #secret: Uint8Array;
  readonly #rows: () => Rows;
  readonly #known = new Map<string, StoreKeys>();

  /** `rows`: of the network's tables. */
  constructor(gatewaySecret: Uint8Array, rows: () => Rows) {
    this.#secret = gatewaySecret;
    this.#rows = rows;
  }

  async keysFor(member: MemberId, store: StoreId): Promise<StoreKeys> {
    const name = `${store} ${member}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { keys, isFixed } = await this.#find(member, store);
    if (!isFixed) return keys;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(name, keys);
    return keys;
  }

  /** Before there is a row the store may still be adopted, with a key of the member's own. */
  async #find(
    member: MemberId,
    store: StoreId,
  ): Promise<{ readonly keys: StoreKeys; readonly isFixed: boolean }> {
    const row = await this.#rows()
      .selectFrom('store_members')
      .select(['pseudonym', 'copy_key'])
      .where('store_id', '=', store)
      .where('member_id', '=', member)
      .executeTakeFirst();
    const scope = { networkSecret: this.#secret, memberId: member, storeId: store };
    const keys = {
      copyKey: row?.copy_key ?? copyKeyOf({ ...scope, epoch: COPY_KEY_EPOCH }),
      pseudonym: row?.pseudonym ?? pseudonymOf(this.#secret, member, store),
    };
    return { keys, isFixed: row !== undefined };
  }
}

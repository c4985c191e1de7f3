// All copies of one pack on the stage of the gateway, for tests that compare them.
import assert from 'node:assert/strict';
import {
  type ComparedCopy,
  type CompareParts,
  compareCopies,
} from '@kura/coordinator/audit/compare-copies.ts';
import { CompareMemory } from '@kura/coordinator/audit/compare-memory.ts';
import { GatewayContext } from '@kura/coordinator/gateway/context.ts';
import { embeddedCopyKeys } from '@kura/coordinator/gateway/index.ts';
import { native, TestNetwork } from './network.ts';

export const AUDIT_SECRET = new Uint8Array(32).fill(5);

export async function compareScene(copies = 3) {
  const network = new TestNetwork({ copies });
  const pack = network.newPack();
  const { packId, leafCount, copies: rows } = network.rowOf(await network.send(pack));
  const stores = new Map(
    [...network.stores.values()].map((store) => [store.inner.identity.storeId, store]),
  );
  const context = new GatewayContext({
    network: network.description,
    stores,
    keys: embeddedCopyKeys(network.networkSecret),
    native,
    hashing: 'gateway',
  });
  const audited = rows.map((row) => ({ ...row, memberId: network.member, packId, leafCount }));
  const memory = new CompareMemory();
  const parts: CompareParts = { auditSecret: AUDIT_SECRET, random: network.random, memory };
  /** By the city of each copy. */
  const compare = async (): Promise<ReadonlyMap<string, ComparedCopy>> => {
    const compared = await compareCopies(context, audited, parts);
    return new Map(compared.map((one) => [network.cityOf(one.copy.storeId), one]));
  };
  const bytesAt = (city: string): Uint8Array => {
    const copy = audited.find(({ storeId }) => storeId === network.idOf(city));
    assert.ok(copy !== undefined);
    return network.store(city).inner.rawBytes(copy.copyId);
  };
  const cities = audited.map(({ storeId }) => network.cityOf(storeId));
  return { network, context, parts, audited, compare, bytesAt, cities };
}

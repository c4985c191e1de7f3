// Sample snapshots, stores and entries for the tests of the commands, and how to look at what they did.
import assert from 'node:assert/strict';
import { byteString, type StoreId } from '@kura/base';
import { type Call, type Ran, sampleSnapshot } from '../cli/test-host.ts';
import type * as view from './views.ts';

export const FIRST = sampleSnapshot({ id: 'aaaa1111', timeMs: Date.UTC(2026, 10, 1) });
export const SECOND = sampleSnapshot({
  id: 'bbbb2222',
  timeMs: Date.UTC(2026, 10, 2),
  tags: ['photos'],
  kind: 'incremental',
  parent: FIRST.id,
});
export const SNAPSHOTS = [FIRST, SECOND];

export const OSAKA: view.PlaceView = { city: 'jp-osaka', cityName: 'Osaka', lat: 34.7, lon: 135.5 };
export const STORE: view.StoreView = {
  ...OSAKA,
  storeId: 'ab'.repeat(16) as StoreId,
  folder: '/mnt/nas',
  cipher: 'chacha20',
  state: 'active',
  freeBytes: 1024,
};
export const NETWORK: view.NetworkView = {
  memberId: 'cd'.repeat(16) as view.NetworkView['memberId'],
  home: OSAKA,
  copies: 2,
  stores: [STORE],
};
export const MEMBER: view.MemberView = {
  memberId: NETWORK.memberId,
  deviceId: 'ef'.repeat(16),
  ownerKey: '01'.repeat(32),
  keyEpoch: 0,
  network: NETWORK,
};

export const node = (path: string, change: Partial<view.NodeView> = {}): view.NodeView => ({
  path: byteString(path),
  type: 'file',
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  sizeBytes: 5,
  mtimeNs: 1_700_000_000_123_456_789n,
  ctimeNs: 1_700_000_000_000_000_000n,
  inode: 7n,
  links: 1,
  target: byteString(''),
  ...change,
});

export async function* stream<T>(...items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

export function argumentOf<T>(ran: Ran, method: string): T {
  const call = ran.calls.find((one: Call) => one.method === method);
  assert.ok(call !== undefined, `${method} was called: ${ran.err}`);
  return call.argument as T;
}

export const records = (ran: Ran) =>
  ran.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const calledOnly = (ran: Ran): string[] =>
  ran.calls.map(({ method }) => method).filter((method) => method !== 'close');

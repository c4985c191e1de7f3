// The caller of a handler, as the edge has judged it: which member's device, which operator, which store.
import { assert, type DeviceId, type MemberId, type StoreId } from '@kura/base';
import { refusal } from '@kura/certificates';
import type { Caller } from '@kura/wire/server/caller.ts';

export interface CallingDevice {
  readonly member: MemberId;
  readonly device: DeviceId;
  /** SHA-256 of its TLS key. */
  readonly keyHash: Uint8Array;
}

export function deviceOf(caller: Caller): CallingDevice {
  assert(caller.kind === 'certified' && caller.name.role === 'device', 'the edge admits devices');
  const { name, keyHash } = caller;
  return { member: name.member, device: name.device, keyHash };
}

/** Of what both may ask: undefined for an operator, who may see every member's. Throws `refused` for anyone else. */
export function memberAsking(caller: Caller): MemberId | undefined {
  if (caller.kind === 'certified') {
    if (caller.name.role === 'device') return caller.name.member;
    if (caller.name.role === 'operator') return undefined;
  }
  throw refusal('wrong role', 'only an operator or a member may ask this');
}

/** Name of the operator. */
export function operatorOf(caller: Caller): string {
  assert(
    caller.kind === 'certified' && caller.name.role === 'operator',
    'the edge admits operators',
  );
  return caller.name.id;
}

export function storeOf(caller: Caller): StoreId {
  assert(caller.kind === 'certified' && caller.name.role === 'store', 'the edge admits stores');
  return caller.name.store;
}

// The limits that a program's file names: bytes a second, and bytes of packs whose devices have hung up.
import { join } from 'node:path';
import { type AlarmClock, MIB } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import { type Bandwidth, TokenBucket } from '@kura/wire/bandwidth.ts';

export function bandwidthOf(
  { receiveMibS, sendMibS }: CoordinatorConfig['limits'],
  clock: AlarmClock,
): Bandwidth {
  return {
    receive: new TokenBucket(receiveMibS * MIB, clock),
    send: new TokenBucket(sendMibS * MIB, clock),
  };
}

export function spoolOf({
  state,
  gateway,
}: Pick<CoordinatorConfig, 'state'> & {
  readonly gateway: Pick<CoordinatorConfig['gateway'], 'spoolGib'>;
}): { readonly folder: string; readonly gib: number } {
  return { folder: join(state, 'spool'), gib: gateway.spoolGib };
}

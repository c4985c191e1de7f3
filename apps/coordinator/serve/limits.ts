// The limits of bytes a second that a program's file names.
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

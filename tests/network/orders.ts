// What an owner signs, so that the copies of a pack are removed when their time has come.
import { systemAlarmClock as clock } from '@kura/base';
import { type DestroyPackWarrant, type PackRecord, signWarrant } from '@kura/contract';

interface Order {
  /** Ed25519 seed of the owner. */
  readonly by: Uint8Array;
  readonly delayMs: number;
}

/** One warrant per copy. */
export function ordersFor(
  copies: PackRecord['copies'],
  { by, delayMs }: Order,
): readonly DestroyPackWarrant[] {
  const issuedMs = clock.nowMs();
  return copies.map(({ acknowledgement: { storeId, copyId } }) =>
    signWarrant<DestroyPackWarrant>(
      {
        ...{ kind: 'destroy-pack', storeId, copyIds: [copyId] },
        ...{ issuedMs, notBeforeMs: issuedMs + delayMs },
      },
      by,
    ),
  );
}

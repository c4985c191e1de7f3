// What follows from a network's secret: the keys of a service's coordinator and the secret of its gateways
// (docs/design/network.md, Secrets of the operator).
import { createHmac, hkdfSync } from 'node:crypto';
import { fromHex, type MemberId } from '@kura/base';
import { lockKeyOf } from '@kura/copy-seal';
import { ed25519PublicKey } from '@kura/log';

const KEY_BYTES = 32;

function derive(secret: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', info, KEY_BYTES));
}

export interface ServiceKeys {
  /** Ed25519 seed: warrants, grants, admissions, revocation lists, notices. */
  readonly coordinatorSeed: Uint8Array;
  readonly coordinatorKey: Uint8Array;
  /** Copy keys, pseudonyms and tickets follow from it; gateways have it as well. */
  readonly gatewaySecret: Uint8Array;
  /** X25519: its shares of locks are sealed to the public half (docs/design/locks.md). */
  readonly notarySeed: Uint8Array;
  readonly notaryKey: Uint8Array;
  /** Seals what the OPAQUE server needs, in the tables. */
  readonly loginSetupKey: Uint8Array;
  noticeKeyOf(member: MemberId): Uint8Array;
  /** Signs what goes to a member's webhook, as it was set at that moment (docs/design/webhook.md). */
  hookSecretOf(member: MemberId, setMs: number): Uint8Array;
}

/** `networkSecret`: 32 bytes, the coordinator's only secret beside the authority's key. */
export function serviceKeys(networkSecret: Uint8Array): ServiceKeys {
  const coordinatorSeed = derive(networkSecret, 'kura/1 coordinator warrants');
  const noticesKey = derive(networkSecret, 'kura/1 notices');
  const hooksKey = derive(networkSecret, 'kura/1 webhooks');
  const notarySeed = derive(networkSecret, 'kura/1 notary');
  return {
    coordinatorSeed,
    coordinatorKey: ed25519PublicKey(coordinatorSeed),
    gatewaySecret: derive(networkSecret, 'kura/1 gateway'),
    notarySeed,
    notaryKey: lockKeyOf(notarySeed),
    loginSetupKey: derive(networkSecret, 'kura/1 login setup'),
    noticeKeyOf: (member) =>
      new Uint8Array(createHmac('sha256', noticesKey).update(fromHex(member)).digest()),
    hookSecretOf: (member, setMs) =>
      new Uint8Array(createHmac('sha256', hooksKey).update(`${member}\n${setMs}`).digest()),
  };
}

export interface GatewayKeys {
  /** Ed25519 seed. */
  readonly ticketSeed: Uint8Array;
  readonly ticketKey: Uint8Array;
}

export function gatewayKeys(gatewaySecret: Uint8Array): GatewayKeys {
  const ticketSeed = derive(gatewaySecret, 'kura/1 ticket key');
  return { ticketSeed, ticketKey: ed25519PublicKey(ticketSeed) };
}

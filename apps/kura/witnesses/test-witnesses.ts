// For tests only: what a home answers of its witnesses.
import { anyOf, ed25519PublicKey } from '@kura/log';
import type { PinnedPolicies, WitnessesPort } from './port.ts';

const keyOf = (name: string, byte: number) => ({
  name,
  publicKey: ed25519PublicKey(new Uint8Array(32).fill(byte)),
});

/** Of a membership whose network names another witness than the card has pinned. */
export function sampleWitnesses(): WitnessesPort {
  const log = keyOf('kura.network/test', 1);
  const policies: PinnedPolicies = {
    pinned: anyOf(1, { log, witnesses: [keyOf('w1.example', 2)] }),
    told: anyOf(1, { log, witnesses: [keyOf('w2.example', 3)] }),
    isSame: false,
  };
  return {
    look: async () => ({ kind: 'pinned', ...policies }),
    accept: async () => policies,
    add: async () => undefined,
    remove: async () => undefined,
    setQuorum: async () => undefined,
  };
}

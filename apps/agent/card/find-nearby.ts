// Asks the local network which store nearby holds a pack, by the names that its copies would have at the stores that a
// card knows (docs/design/finding.md). What a store says is an address: whoever reads there wants the key that the
// store has signed, as anywhere.
import type { CopyId, PackId, Random, StoreId } from '@kura/base';
import { decodeAnswer, encodeQuestion, QUESTION_ENTRIES } from '@kura/contract/nearby.ts';
import { copyIdOf } from '@kura/copy-seal';
import { askNearby, type NearbyAsking } from '@kura/wire/nearby/multicast.ts';

export interface NearbyStore {
  readonly storeId: StoreId;
  /** "host:port" of its reader, as it says. */
  readonly address: string;
}

export type NearbyNetwork = Pick<NearbyAsking, 'addresses' | 'port' | 'waitMs' | 'clock'> & {
  readonly random: Random;
};

/** `copyKeys`: of all stores that may hold it. Throws `unreachable` if this machine is in no network. */
export async function findNearby(
  packId: PackId,
  copyKeys: ReadonlyMap<StoreId, Uint8Array>,
  { random, ...network }: NearbyNetwork,
): Promise<readonly NearbyStore[]> {
  const names = new Map([...copyKeys].map(([storeId, key]) => [storeId, copyIdOf(key, packId)]));
  const asked = questionsOf([...names.values()], random);
  const found = new Map<StoreId, NearbyStore>();
  await askNearby({
    ...network,
    questions: asked.map(({ bytes }) => bytes),
    onAnswer: (answer) => {
      for (const { bytes, copies } of asked) {
        const told = decodeAnswer(answer, bytes, copies);
        if (told === undefined) continue;
        const { storeId, address, held } = told;
        // A store speaks for itself alone: under the name that the pack has there.
        const name = names.get(storeId);
        if (name !== undefined && held.includes(name)) found.set(storeId, { storeId, address });
      }
      return found.size === names.size;
    },
  });
  return [...found.values()];
}

interface Asked {
  readonly bytes: Uint8Array;
  readonly copies: readonly CopyId[];
}

function questionsOf(copies: readonly CopyId[], random: Random): readonly Asked[] {
  const asked: Asked[] = [];
  for (let at = 0; at < copies.length; at += QUESTION_ENTRIES) {
    const part = copies.slice(at, at + QUESTION_ENTRIES);
    asked.push({ bytes: encodeQuestion(part, random), copies: part });
  }
  return asked;
}

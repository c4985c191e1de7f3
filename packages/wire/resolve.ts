// Addresses that names of services stand for at this moment, as an edge counts them: for a list of who may
// connect at all.
import { lookup } from 'node:dns/promises';
import { countedAddress, parseAddress } from './address.ts';

/** A name that nobody knows at the moment stands for no address. Throws `usage` for what is no address. */
export async function addressesOf(services: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    services.map(async (service) => {
      const { host } = parseAddress(service);
      try {
        return await lookup(host, { all: true });
      } catch {
        return []; // it may be known again later; whoever needs it asks again
      }
    }),
  );
  return new Set(found.flat().map(({ address }) => countedAddress(address)));
}

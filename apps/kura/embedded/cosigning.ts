// The witnesses of an embedded network: asked by the process that has just saved. A home without witnesses, which is
// nearly every one, pays one look at its tables and loads nothing.
import { systemAlarmClock } from '@kura/base';
import type { Cosigner } from '@kura/coordinator/log/cosigner.ts';
import { readWitnesses } from '@kura/coordinator/log/witnesses.ts';
import type { Cosigning, Network } from '@kura/coordinator/network.ts';

export function embeddedCosigning(network: Network, warn: (message: string) => void): Cosigning {
  let cosigner: Cosigner | undefined;
  const open = async (): Promise<Cosigner> => {
    const { Cosigner } = await import('@kura/coordinator/log/cosigner.ts');
    return new Cosigner({
      ...{ database: network.database, log: network.charter.log, clock: systemAlarmClock },
      onTrouble: (witness, trouble) => {
        if (trouble !== undefined) warn(`the witness ${witness} did not cosign: ${trouble}`);
      },
      onFailure: (why) => warn(`the log was not cosigned: ${why}`),
    });
  };
  return {
    soon: async () => {
      const known = await network.database.read(readWitnesses);
      if (known.length === 0) return false;
      cosigner ??= await open();
      return await cosigner.soon();
    },
    close: () => cosigner?.close(),
  };
}

// How the log and its witnesses stand, for whoever runs the network.
import { formatVerifierKey, type LogKey } from '@kura/log';
import type { WitnessTrouble } from '../db/log-tables.ts';
import type { Rows } from '../db/tables.ts';
import { readHeads } from './prove-entry.ts';
import { readQuorum, readWitnesses } from './witnesses.ts';

export interface WitnessView {
  readonly name: string;
  readonly verifierKey: string;
  readonly url: string;
  readonly addedMs: number;
  /** Of the last checkpoint that it cosigned, in leaves. */
  readonly size: number;
  readonly cosignedMs: number | undefined;
  readonly trouble: WitnessTrouble | undefined;
}

export interface WitnessesView {
  readonly witnesses: readonly WitnessView[];
  /** How many have to cosign. */
  readonly quorum: number;
  readonly size: number;
  readonly witnessedSize: number;
  /** The log's verifier key: what a witness has to know. */
  readonly logKey: string;
}

export async function lookAtWitnesses(rows: Rows, log: LogKey): Promise<WitnessesView> {
  const known = await readWitnesses(rows);
  const { newest, witnessed } = await readHeads(rows);
  return {
    witnesses: known.map((witness) => ({
      name: witness.name,
      verifierKey: witness.verifier_key,
      url: witness.url,
      addedMs: witness.added_ms,
      size: witness.cosigned_size,
      cosignedMs: witness.cosigned_ms ?? undefined,
      trouble: witness.trouble ?? undefined,
    })),
    quorum: (await readQuorum(rows)) ?? known.length,
    size: newest?.size ?? 0,
    witnessedSize: witnessed?.size ?? 0,
    logKey: formatVerifierKey({ name: log.origin, publicKey: log.publicKey }, 'ed25519'),
  };
}

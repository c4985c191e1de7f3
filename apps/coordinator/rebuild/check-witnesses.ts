// Before a log is continued: has a witness seen more of it than there is here? Then leaves are missing, and whatever
// came next would be another history under the same key.
import { KuraError } from '@kura/base';
import { parseVerifierKey } from '@kura/log';
import type { OutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { WitnessesTable } from '../db/log-tables.ts';
import { askWitness } from '../log/ask-witness.ts';
import type { MirroredLog } from './log-from-tiles.ts';

/** Names of those that did not answer. Throws `refused` if one knows a longer log, or another one. */
export async function checkWitnesses(
  witnesses: readonly WitnessesTable[],
  log: MirroredLog | undefined,
  outside: OutsideClient,
): Promise<readonly string[]> {
  const silent: string[] = [];
  for (const { name, verifier_key: verifierKey, url, cosigned_size: knownSize } of witnesses) {
    if (log === undefined) {
      if (knownSize > 0) throw tooShort(name, knownSize, 0);
      continue;
    }
    const key = parseVerifierKey(verifierKey, 'cosignature');
    const request = { oldSize: log.size, proof: [], checkpoint: log.checkpoint };
    const answer = await askWitness(outside, { key, url }, request);
    if (answer.kind === 'elsewhere' && answer.size > log.size) {
      throw tooShort(name, answer.size, log.size);
    }
    if (answer.kind === 'forked') {
      throw new KuraError('refused', `witness ${name} has seen another history of this log`, {
        guidance:
          'Use tiles that were fetched from the coordinator that is lost, not from another.',
      });
    }
    if (answer.kind === 'unknown' || answer.kind === 'unreachable') silent.push(name);
  }
  return silent;
}

function tooShort(name: string, seen: number, there: number): KuraError {
  return new KuraError(
    'refused',
    `witness ${name} has seen ${seen} leaves, the tiles have ${there}`,
    {
      guidance: 'Use newer tiles of the log; nothing was written.',
      context: { witness: name, seen, there },
    },
  );
}

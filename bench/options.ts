// What the command line of the benchmark says, as data. Unknown words are refused: a mistyped case that
// runs nothing would look like a success.
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { KuraError } from '@kura/base';
import { CASE_NAMES, type CaseName } from './cases.ts';
import { PEER_NAMES, type PeerName } from './peers.ts';

export interface Options {
  readonly isQuick: boolean;
  readonly cases: readonly CaseName[];
  readonly peers: readonly PeerName[];
  readonly runs: number;
  readonly warmUps: number;
  /** Data, unpacked peers, repositories and results live here. */
  readonly folder: string;
}

/** More than this many runs of minutes each is a typing error. */
const MAX_RUNS = 50;

function choose<T extends string>(
  given: readonly string[] | undefined,
  all: readonly T[],
  fallback: readonly T[],
): readonly T[] {
  if (given === undefined) return fallback;
  for (const name of given) {
    if (all.every((known) => known !== name)) {
      throw new KuraError('usage', `there is no ${name} to measure`, {
        guidance: `Choose among ${all.join(', ')}.`,
      });
    }
  }
  return all.filter((name) => given.includes(name));
}

function count(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= MAX_RUNS) return value;
  throw new KuraError('usage', `${text} is not a number of runs`, {
    guidance: `Give a whole number from 0 to ${MAX_RUNS}.`,
  });
}

export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true },
      peer: { type: 'string', multiple: true },
      runs: { type: 'string' },
      'warm-ups': { type: 'string' },
      data: { type: 'string' },
    },
  });
  const isQuick = values.quick;
  const folder = resolve(values.data ?? join(tmpdir(), 'kura-bench'));
  mkdirSync(folder, { recursive: true });
  return {
    isQuick,
    cases: choose(values.case, CASE_NAMES, CASE_NAMES),
    peers: choose(values.peer, PEER_NAMES, isQuick ? ['restic'] : PEER_NAMES),
    runs: Math.max(1, count(values.runs, isQuick ? 1 : 3)),
    warmUps: count(values['warm-ups'], isQuick ? 0 : 1),
    folder,
  };
}

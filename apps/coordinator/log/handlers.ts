// The endpoints of `contract/wire/endpoints/log.ts`: the log for anybody, its witnesses for operators.
import { KuraError, utf8 } from '@kura/base';
import type { LOG_ENDPOINTS, WITNESS_ENDPOINTS } from '@kura/contract/wire/endpoints/log.ts';
import { transact } from '@kura/database';
import { formatPolicy, parseTilePath } from '@kura/log';
import type { Handlers } from '@kura/wire';
import type { Rows } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { lookAtWitnesses } from './look.ts';
import { readHeads } from './prove-entry.ts';
import { readTile } from './tiles.ts';
import { addWitness, readPolicy, removeWitness, setQuorum } from './witnesses.ts';

function absent(what: string): never {
  throw new KuraError('not_found', `the log has ${what}`);
}

export function logHandlers({ database, charter }: Network): Handlers<typeof LOG_ENDPOINTS> {
  const read = <Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> =>
    database.read(work);
  return {
    logCheckpoint: async () => {
      const { newest, witnessed } = await read(readHeads);
      const head = witnessed ?? newest ?? absent('no leaf yet');
      return { bytes: utf8(head.checkpoint) };
    },
    logTile: async ({ params }) => {
      const tile = parseTilePath(`tile/${params.tile}`);
      if (tile === undefined) throw new KuraError('hostile', 'this is no path of a tile');
      return { bytes: (await read((rows) => readTile(rows, tile))) ?? absent('no such tile') };
    },
    logPolicy: async () => {
      const policy = await read((rows) => readPolicy(rows, charter.log));
      return { bytes: utf8(formatPolicy(policy)) };
    },
  };
}

export function witnessHandlers({
  database,
  charter,
  clock,
}: Network): Handlers<typeof WITNESS_ENDPOINTS> {
  const act = async (work: (rows: Rows) => Promise<void>): Promise<undefined> => {
    await transact(database, work);
    return undefined;
  };
  return {
    witnesses: () => database.read((rows) => lookAtWitnesses(rows, charter.log)),
    addWitness: ({ params, body }) =>
      act((rows) => addWitness(rows, { name: params.witness, ...body }, clock.nowMs())),
    removeWitness: ({ params }) => act((rows) => removeWitness(rows, params.witness)),
    setWitnessQuorum: ({ body }) => act((rows) => setQuorum(rows, body.quorum)),
  };
}

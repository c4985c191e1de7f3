// The witnesses of a network in the tables, and the policy that follows from them: which of them count, and how many.
import { KuraError } from '@kura/base';
import {
  formatVerifierKey,
  judgeWitnesses,
  type LogKey,
  NO_WITNESS,
  parseNote,
  parseVerifierKey,
  type WitnessPolicy,
} from '@kura/log';
import type { WitnessesTable } from '../db/log-tables.ts';
import type { Rows } from '../db/tables.ts';

export const MAX_WITNESSES = 16;
/** Of a group in the policy: no witness may be called so. */
const QUORUM_GROUP = 'quorum';
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/;

export interface NewWitness {
  readonly name: string;
  /** As the witness published it: "name+id+base64". */
  readonly verifierKey: string;
  readonly url: string;
}

function usage(what: string, guidance: string): KuraError {
  return new KuraError('usage', what, { guidance });
}

/** Throws `usage`, `refused` for a key that is none, `already_exists` for a name or key that another one has. */
export async function addWitness(rows: Rows, given: NewWitness, nowMs: number): Promise<void> {
  const { name } = given;
  if (!NAME.test(name) || name === QUORUM_GROUP || name === NO_WITNESS) {
    const form = 'It is lower-case letters, digits, dots and hyphens.';
    throw usage(`"${name}" is no name for a witness`, form);
  }
  const verifierKey = formatVerifierKey(
    parseVerifierKey(given.verifierKey, 'cosignature'),
    'cosignature',
  );
  const url = readUrl(given.url);
  const known = await readWitnesses(rows);
  const same = known.find((one) => one.name === name || one.verifier_key === verifierKey);
  if (same !== undefined && (same.name !== name || same.verifier_key !== verifierKey)) {
    throw new KuraError('already_exists', `the witness ${same.name} has this name or this key`, {
      guidance: 'Remove it first, or give the new one another name.',
    });
  }
  if (same === undefined && known.length >= MAX_WITNESSES) {
    throw usage(`a network has at most ${MAX_WITNESSES} witnesses`, 'Remove one first.');
  }
  const fresh = { cosigned_size: 0, cosigned_ms: null, trouble: null, added_ms: nowMs };
  await rows
    .insertInto('witnesses')
    .values({ name, verifier_key: verifierKey, url, ...fresh })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ url, trouble: null }))
    .execute();
  await judgeAnew(rows);
}

/** Throws `not_found`, and `usage` if fewer are left than have to cosign. */
export async function removeWitness(rows: Rows, name: string): Promise<void> {
  const known = await readWitnesses(rows);
  if (!known.some((one) => one.name === name)) {
    throw new KuraError('not_found', `there is no witness ${name}`);
  }
  const quorum = await readQuorum(rows);
  if (quorum !== undefined && quorum > known.length - 1) {
    const guidance = 'Say first how many have to: witnesses quorum N.';
    throw usage(`${quorum} witnesses have to cosign, and fewer would be left`, guidance);
  }
  await rows.deleteFrom('witnesses').where('name', '=', name).execute();
  await judgeAnew(rows);
}

/** Throws `usage` unless so many witnesses are there. */
export async function setQuorum(rows: Rows, quorum: number): Promise<void> {
  const { length } = await readWitnesses(rows);
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > length) {
    throw usage(`${quorum} of ${length} witnesses cannot be asked for`, 'Add witnesses first.');
  }
  await rows
    .insertInto('witness_quorum')
    .values({ number: 1, quorum })
    .onConflict((same) => same.column('number').doUpdateSet({ quorum }))
    .execute();
  await judgeAnew(rows);
}

/** By name. */
export function readWitnesses(rows: Rows): Promise<readonly WitnessesTable[]> {
  return rows.selectFrom('witnesses').selectAll().orderBy('name').execute();
}

/** How many have to cosign; undefined: all. */
export async function readQuorum(rows: Rows): Promise<number | undefined> {
  const row = await rows.selectFrom('witness_quorum').select('quorum').executeTakeFirst();
  return row?.quorum;
}

/** What the network tells members; without witnesses a policy that asks for none. */
export async function readPolicy(rows: Rows, log: LogKey): Promise<WitnessPolicy> {
  const known = await readWitnesses(rows);
  return policyOf(known, (await readQuorum(rows)) ?? known.length, log);
}

export function policyOf(
  known: readonly WitnessesTable[],
  quorum: number,
  { origin, publicKey }: LogKey,
): WitnessPolicy {
  const members = known.map(({ name }) => name);
  const isAsked = members.length > 0;
  return {
    logs: [{ key: { name: origin, publicKey } }],
    witnesses: known.map(({ name, verifier_key: key, url }) => ({
      ...{ name, url },
      key: parseVerifierKey(key, 'cosignature'),
    })),
    groups: isAsked ? [{ name: QUORUM_GROUP, threshold: quorum, members }] : [],
    quorum: isAsked ? QUORUM_GROUP : NO_WITNESS,
  };
}

/** A head that was witnessed under the policy before is not by that under the next one. */
async function judgeAnew(rows: Rows): Promise<void> {
  const head = await rows.selectFrom('log_witnessed').select('checkpoint').executeTakeFirst();
  const network = await rows
    .selectFrom('network')
    .select(['log_origin', 'log_public_key'])
    .executeTakeFirst();
  if (head === undefined || network === undefined) return;
  const log = { origin: network.log_origin, publicKey: network.log_public_key };
  const { isWitnessed } = judgeWitnesses(parseNote(head.checkpoint), await readPolicy(rows, log));
  if (!isWitnessed) await rows.deleteFrom('log_witnessed').execute();
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  const isPlain = url !== null && url.search === '' && url.hash === '' && url.username === '';
  if (!isWeb || !isPlain || text.length > 512) {
    const guidance = 'It is where the witness is asked: https://witness.example.org';
    throw usage(`"${text.slice(0, 80)}" is no address of a witness`, guidance);
  }
  return url.href.replace(/\/+$/, '');
}

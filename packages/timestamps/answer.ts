// An authority's answer (RFC 3161, TimeStampResp): a token, or the reason why there is none.
import { concatBytes, KuraError } from '@kura/base';
import { sequence, smallInteger } from '@kura/certificates/der.ts';
import { DerReader, refuseDer, TAGS } from './der-reader.ts';

const GRANTED = 0n;
const GRANTED_WITH_CHANGES = 1n;
const MAX_REASON_CHARACTERS = 200;
const UTF8_STRING = 0x0c;

/** `token`: DER of a TimeStampToken. */
export function encodeAnswer(token: Uint8Array): Uint8Array {
  return sequence(sequence(smallInteger(0)), concatBytes(token));
}

/** The token. Throws `refused` with the authority's own words if it gave none. */
export function readAnswer(der: Uint8Array): Uint8Array {
  const reader = new DerReader(der);
  const fields = reader.inside(TAGS.sequence);
  reader.end();
  const status = fields.inside(TAGS.sequence);
  const code = status.integer();
  if (code !== GRANTED && code !== GRANTED_WITH_CHANGES) {
    throw new KuraError('refused', `the timestamp authority declined: ${reasonOf(status)}`, {
      context: { status: Number(code) },
    });
  }
  if (fields.isAtEnd) return refuseDer('there is none in the answer');
  const token = fields.expect(TAGS.sequence).whole;
  fields.end();
  return token.slice();
}

function reasonOf(status: DerReader): string {
  const texts = status.optional(TAGS.sequence);
  const first =
    texts === undefined ? undefined : new DerReader(texts.content).optional(UTF8_STRING);
  if (first === undefined) return 'it did not say why';
  return Buffer.from(first.content).toString('utf8').slice(0, MAX_REASON_CHARACTERS);
}

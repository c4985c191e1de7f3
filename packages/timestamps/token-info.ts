// What a timestamp says (RFC 3161, TSTInfo): this hash was there at that time, by the word of that authority.
import { concatBytes, SECOND_MS, utf8 } from '@kura/base';
import { element, oid, sequence, smallInteger } from '@kura/certificates/der.ts';
import {
  contextTag,
  DerReader,
  primitiveContextTag,
  readInteger,
  refuseDer,
  TAGS,
} from './der-reader.ts';
import { bigInteger, messageImprint, readImprint } from './request.ts';

export interface TokenInfo {
  /** Dotted OID: under which rules the authority works. */
  readonly policy: string;
  readonly imprint: Uint8Array;
  readonly serial: bigint;
  readonly timeMs: number;
  /** How far the time may be off, if the authority says so. */
  readonly accuracyMs: number | undefined;
  readonly nonce: bigint | undefined;
}

const MAX_ACCURACY_SECONDS = 86_400n;

/** DER; an accuracy is written in whole seconds. */
export function encodeTokenInfo(info: TokenInfo): Uint8Array {
  const { policy, imprint, serial, timeMs, accuracyMs, nonce } = info;
  return sequence(
    smallInteger(1),
    oid(policy),
    messageImprint(imprint),
    bigInteger(serial),
    generalizedTime(timeMs),
    ...(accuracyMs === undefined ? [] : [sequence(smallInteger(accuracyMs / SECOND_MS))]),
    ...(nonce === undefined ? [] : [bigInteger(nonce)]),
  );
}

/** Throws `refused`. */
export function parseTokenInfo(der: Uint8Array): TokenInfo {
  const reader = new DerReader(der);
  const fields = reader.inside(TAGS.sequence);
  reader.end();
  if (fields.integer() !== 1n) refuseDer('it is of another version');
  const policy = fields.oid();
  const imprint = readImprint(fields);
  const serial = fields.integer();
  const timeMs = readTime(fields.expect(TAGS.time).content);
  const accuracy = fields.optional(TAGS.sequence);
  fields.optional(TAGS.boolean); // ordering: nothing here depends on it
  const nonce = fields.peek() === TAGS.integer ? fields.integer() : undefined;
  fields.optional(contextTag(0)); // the authority's name: its certificate says more
  const extensions = fields.optional(contextTag(1));
  if (extensions !== undefined) refuseCritical(extensions.content);
  fields.end();
  const accuracyMs = accuracy === undefined ? undefined : readAccuracy(accuracy.content);
  return { policy, imprint, serial, timeMs, accuracyMs, nonce };
}

/** None is known here, so one that must be understood is not. */
function refuseCritical(list: Uint8Array): void {
  for (const reader = new DerReader(list); !reader.isAtEnd; ) {
    const extension = reader.inside(TAGS.sequence);
    extension.oid();
    if (extension.optional(TAGS.boolean)?.content[0] === 0xff) {
      refuseDer('it has a critical extension that is not known here');
    }
  }
}

function readAccuracy(content: Uint8Array): number {
  const fields = new DerReader(content);
  const seconds = fields.peek() === TAGS.integer ? fields.integer() : 0n;
  const millis = fields.optional(primitiveContextTag(0));
  const micros = fields.optional(primitiveContextTag(1));
  fields.end();
  if (seconds < 0n || seconds > MAX_ACCURACY_SECONDS) refuseDer('its accuracy is none');
  const parts = [millis, micros].map((part) => {
    const value = part === undefined ? 0n : readInteger(part.content);
    return value >= 0n && value <= 999n ? Number(value) : refuseDer('its accuracy is none');
  });
  // Rounded up: a time is never called better than it is.
  return Number(seconds) * SECOND_MS + (parts[0] ?? 0) + Math.ceil((parts[1] ?? 0) / 1000);
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/** GeneralizedTime in UTC. What is finer than a millisecond is cut off. */
function readTime(content: Uint8Array): number {
  const text = Buffer.from(content).toString('latin1');
  const match = TIME.exec(text);
  const fraction = match?.[7] ?? '';
  if (match === null || fraction.endsWith('0')) return refuseDer('its time is not as DER has it');
  const [, year, month, day, hour, minute, second] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const timeMs = Date.parse(iso);
  const isReal = Number.isFinite(timeMs) && new Date(timeMs).toISOString() === iso;
  return isReal ? timeMs : refuseDer('its time is none');
}

function generalizedTime(timeMs: number): Uint8Array {
  const [whole = '', fraction = ''] = new Date(timeMs).toISOString().split('.');
  const millis = fraction.replace('Z', '').replace(/0+$/, '');
  const text = `${whole.replace(/\D/g, '')}${millis === '' ? '' : `.${millis}`}Z`;
  return element(TAGS.time, concatBytes(utf8(text)));
}

// A ticket opens one copy at one store, for minutes, to whoever has the private half of one TLS key
// (decision 0010). A gateway or coordinator signs it; a reader judges it by its own clock.
import {
  type CopyId,
  copyId,
  equalBytes,
  fromHex,
  MINUTE_MS,
  type StoreId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import { ed25519PublicKey } from '@kura/log/ed25519.ts';
import {
  beginBody,
  fromWord,
  KEY_HASH_BYTES,
  keysNamed,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  SIGNER_BYTES,
  type SignedForm,
  signBody,
  signerOf,
  toWord,
} from './signed.ts';

export interface Ticket {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  /** SHA-256 of the SubjectPublicKeyInfo of the caller's TLS certificate, 32 bytes. */
  readonly keyHash: Uint8Array;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Longer: a revoked device reads for longer. Shorter: large restores ask for tickets all the time. */
export const MAX_TICKET_MS = 10 * MINUTE_MS;
/** Clocks of coordinators and readers differ; more than this is a fault that somebody must see. */
export const TICKET_SKEW_MS = 2 * MINUTE_MS;
const BODY_BYTES = 1 + SIGNER_BYTES + 16 + 32 + KEY_HASH_BYTES + 8 + 8;
export const TICKET_BYTES = BODY_BYTES + SIGNATURE_BYTES;
const PREFIX = 'kt1';

const FORM: SignedForm = {
  noun: 'ticket',
  domain: utf8('kura/1 ticket\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the ticket key's, 32 bytes. */
export function signTicket(ticket: Ticket, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(signerOf(ed25519PublicKey(seed)));
  writer.raw(fromHex(ticket.storeId));
  writer.raw(fromHex(ticket.copyId));
  writer.raw(ticket.keyHash);
  writer.u64(BigInt(ticket.fromMs));
  writer.u64(BigInt(ticket.untilMs));
  return signBody(FORM, writer, seed);
}

/** As it stands in `Authorization: Kura …`. */
export function ticketWord(signed: Uint8Array): string {
  return toWord(PREFIX, signed);
}

/** Undefined if the word is no ticket at all. */
export function readTicketWord(word: string): Uint8Array | undefined {
  return fromWord(PREFIX, word, TICKET_BYTES);
}

export interface TicketCheck {
  /** Ticket keys of the network; more than one while one replaces another. */
  readonly ticketKeys: readonly Uint8Array[];
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  /** Of the certificate with which the caller proved possession. */
  readonly keyHash: Uint8Array;
  readonly nowMs: number;
}

/** Throws `refused` with `context.reason` unless the ticket opens this copy, here, to this key, now. */
export function openTicket(signed: Uint8Array, check: TicketCheck): Ticket {
  const signer = signed.subarray(1, 1 + SIGNER_BYTES);
  const reader = openBody(FORM, signed, keysNamed(check.ticketKeys, signer));
  reader.raw(SIGNER_BYTES);
  const ticket = {
    storeId: storeId(toHex(reader.raw(16))),
    copyId: copyId(toHex(reader.raw(32))),
    keyHash: reader.raw(KEY_HASH_BYTES).slice(),
    fromMs: readWhole(reader, FORM),
    untilMs: readWhole(reader, FORM),
  };
  if (ticket.storeId !== check.storeId) throw refusal(FORM, 'store', 'it names another store');
  if (!equalBytes(ticket.keyHash, check.keyHash)) {
    throw refusal(FORM, 'key', 'it was given to another key');
  }
  if (ticket.copyId !== check.copyId) throw refusal(FORM, 'copy', 'it names another copy');
  judgeTime(ticket, check.nowMs);
  return ticket;
}

function judgeTime({ fromMs, untilMs }: Ticket, nowMs: number): void {
  const lastsMs = untilMs - fromMs;
  if (!(lastsMs > 0 && lastsMs <= MAX_TICKET_MS)) {
    throw refusal(FORM, 'long', 'it does not last as long as a ticket may');
  }
  const clocks = `here it is ${nowMs}, it holds from ${fromMs} until ${untilMs}`;
  if (nowMs < fromMs - TICKET_SKEW_MS) throw refusal(FORM, 'early', `not yet valid, ${clocks}`);
  if (nowMs >= untilMs + TICKET_SKEW_MS) throw refusal(FORM, 'late', `it has ended, ${clocks}`);
}

// The network's own timestamp authority (RFC 3161): whoever is a member may have a hash stamped with the
// coordinator's time. What is stamped is a hash; nothing is kept of it.
import { type Clock, DAY_MS, type Random } from '@kura/base';
import { encodeAnswer, issueToken, parseRequest, type Timestamper } from '@kura/timestamps';
import type { CertificateAuthority } from '../authority/certificate-authority.ts';

/** Of a key that lies in memory only: a coordinator that starts anew has another one. */
const KEY_LASTS_MS = 30 * DAY_MS;
const SERIAL_BYTES = 16;

export interface StamperParts {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly random: Random;
}

export class Stamper {
  readonly #parts: StamperParts;
  #current: { readonly timestamper: Timestamper; readonly sinceMs: number } | undefined;

  constructor(parts: StamperParts) {
    this.#parts = parts;
  }

  /** DER of a TimeStampReq, and of the TimeStampResp to it. Throws `refused`. */
  answer(request: Uint8Array): Uint8Array {
    const { clock, random } = this.#parts;
    const timeMs = clock.nowMs();
    const stamping = { timeMs, serial: random.bytes(SERIAL_BYTES) };
    return encodeAnswer(issueToken(this.#timestamper(timeMs), parseRequest(request), stamping));
  }

  /** A clock that was set back has a certificate from the future: then another one is made, too. */
  #timestamper(nowMs: number): Timestamper {
    const ageMs = nowMs - (this.#current?.sinceMs ?? Number.NEGATIVE_INFINITY);
    if (this.#current !== undefined && ageMs >= 0 && ageMs < KEY_LASTS_MS) {
      return this.#current.timestamper;
    }
    const timestamper = this.#parts.authority.newTimestamper(nowMs);
    this.#current = { timestamper, sinceMs: nowMs };
    return timestamper;
  }
}

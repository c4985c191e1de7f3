// For tests: a timestamp authority of its own root, that answers as RFC 3161 has it.
import { DAY_MS, type Random } from '@kura/base';
import { foundAuthority, issueTimestamper, newKey } from '@kura/certificates';
import { encodeAnswer, issueToken, parseRequest, readAuthorities } from '@kura/timestamps';
import type { AskedAuthority } from './authorities.ts';

export interface TestAuthority {
  readonly nowMs: number;
  /** So far is its clock off. */
  readonly offMs?: number;
  readonly random: Random;
}

export function testAuthority(
  name: string,
  { nowMs, offMs = 0, random }: TestAuthority,
): AskedAuthority {
  const root = foundAuthority(name, { nowMs: nowMs - DAY_MS, random });
  const key = newKey(random);
  const certificatePem = issueTimestamper(root, { key, nowMs: nowMs - DAY_MS, random });
  return {
    name,
    certificates: readAuthorities(root.certificatePem),
    ask: async (request) =>
      encodeAnswer(
        issueToken({ key, certificatePem }, parseRequest(request), {
          timeMs: nowMs + offMs,
          serial: random.bytes(16),
        }),
      ),
  };
}

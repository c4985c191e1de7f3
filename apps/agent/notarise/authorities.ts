// Timestamp authorities as a device asks them: the network's own over its connection, any other by the protocol of
// RFC 3161 over HTTP. They learn a hash. Each answer is judged under the certificates that its owner put in place.
import type { X509Certificate } from 'node:crypto';
import { KuraError, type Random } from '@kura/base';
import { encodeRequest, newNonce, readAnswer, type Stamp, verifyTimestamp } from '@kura/timestamps';
import type { OutsideClient } from '@kura/wire/outside/outside-client.ts';

export interface AskedAuthority {
  /** For people: a host name, or "the network". */
  readonly name: string;
  readonly certificates: readonly X509Certificate[];
  /** DER of a TimeStampReq, and of the TimeStampResp to it. */
  readonly ask: (request: Uint8Array) => Promise<Uint8Array>;
}

const NONCE_BYTES = 8;
/** Of a token with its certificates. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Throws `unreachable`, or `refused` for an answer that cannot be believed. */
export async function askForStamp(
  { name, certificates, ask }: AskedAuthority,
  imprint: Uint8Array,
  random: Random,
): Promise<Stamp> {
  const nonce = newNonce(random.bytes(NONCE_BYTES));
  const token = readAnswer(await ask(encodeRequest({ imprint, nonce })));
  const timestamp = verifyTimestamp(token, { imprint, nonce, authorities: certificates });
  return { name, token, timestamp };
}

/** By HTTP, as RFC 3161 has it in section 3.4. */
export function outsideAuthority(
  { url, certificates }: { readonly url: URL; readonly certificates: readonly X509Certificate[] },
  client: OutsideClient,
): AskedAuthority {
  return {
    ...{ name: url.host, certificates },
    ask: async (request) => {
      const { status, body } = await client.send({
        ...{ method: 'POST', url, body: request, maxAnswerBytes: MAX_ANSWER_BYTES },
        headers: { 'content-type': 'application/timestamp-query' },
      });
      if (status === 200) return body;
      throw new KuraError('unreachable', `${url.host} gives no timestamp: status ${status}`);
    },
  };
}

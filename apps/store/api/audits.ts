// The three questions of an audit, as they come over a wire: read, put to the shelf, and answered in signed bytes.
// Leaves are gathered before they go out, since the signature over all of them goes first.
import { KuraError, type NetworkShape } from '@kura/base';
import {
  type AuditedStore,
  carriedAnswer,
  carriedLeaf,
  decodeFullReadChallenge,
  decodeLeafChallenge,
  MAX_EVIDENCE_BYTES,
} from '@kura/contract';
import type { BodySource } from '@kura/wire/body.ts';

/** Throws `corrupt` for bytes that are no challenge, `usage` for more leaves than one answer holds. */
export async function leafAnswerBody(
  store: AuditedStore,
  { leafBytes }: NetworkShape,
  request: Uint8Array,
): Promise<BodySource> {
  const challenge = decodeLeafChallenge(request);
  if (challenge.leaves.length * leafBytes > MAX_EVIDENCE_BYTES) {
    throw new KuraError(
      'usage',
      `${challenge.leaves.length} leaves are more than one answer holds`,
    );
  }
  const pieces: Uint8Array[] = [];
  const answer = await store.answerLeaves(challenge, async (evidence) => {
    pieces.push(carriedLeaf(evidence));
  });
  pieces.unshift(carriedAnswer(answer.signed));
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { sizeBytes, stream: inOrder(pieces) };
}

async function* inOrder(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Throws `corrupt` for bytes that are no challenge. */
export async function fullReadBody(store: AuditedStore, request: Uint8Array): Promise<BodySource> {
  return { bytes: (await store.answerFullRead(decodeFullReadChallenge(request))).signed };
}

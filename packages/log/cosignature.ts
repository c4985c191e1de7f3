// Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519): a line in the note of a checkpoint by which a witness
// says that at this second it had seen this head, and that it continues every head of this log that it had seen
// before.
import { assert, concatBytes, KuraError, SECOND_MS, utf8 } from '@kura/base';
import {
  ED25519_SIGNATURE_BYTES,
  ed25519PublicKey,
  signEd25519,
  verifyEd25519,
} from './ed25519.ts';
import { formatSignatureLine, type ParsedNote, signaturesOf } from './note.ts';
import { type NoteKey, noteKeyId } from './verifier-key.ts';

const TIMESTAMP_BYTES = 8;

export interface WitnessSigner {
  readonly name: string;
  /** Of a key that signs cosignatures and nothing else. */
  readonly seed: Uint8Array;
}

/** What a witness says of a checkpoint, verified. */
export interface Cosignature {
  readonly witness: NoteKey;
  /** The witness's own clock, whole seconds. */
  readonly timeMs: number;
}

function signedMessage(checkpointText: string, seconds: bigint | number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${seconds}\n${checkpointText}`);
}

/** The signature line with its newline, to be answered to the log or added to its note. */
export function cosign(checkpointText: string, signer: WitnessSigner, nowMs: number): string {
  assert(Number.isSafeInteger(nowMs) && nowMs >= 0, 'a time is whole milliseconds');
  const seconds = Math.floor(nowMs / SECOND_MS);
  const timestamp = new Uint8Array(TIMESTAMP_BYTES);
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(seconds));
  const { name, seed } = signer;
  const signature = signEd25519(signedMessage(checkpointText, seconds), seed);
  const key = { name, publicKey: ed25519PublicKey(seed) };
  return formatSignatureLine({
    name,
    keyId: noteKeyId(key, 'cosignature'),
    signature: concatBytes(timestamp, signature),
  });
}

/** Undefined if this witness has not cosigned; `refused` if what stands under its name is not its signature. */
export function openCosignature(note: ParsedNote, witness: NoteKey): Cosignature | undefined {
  const [line] = signaturesOf(note, witness, 'cosignature');
  if (line === undefined) return undefined;
  const refuse = (why: string): never => {
    throw new KuraError('refused', `the cosignature of ${witness.name} is refused: ${why}`);
  };
  const { signature: bytes } = line;
  if (bytes.length !== TIMESTAMP_BYTES + ED25519_SIGNATURE_BYTES) return refuse('its length');
  const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  const signature = bytes.subarray(TIMESTAMP_BYTES);
  if (!verifyEd25519(signedMessage(note.text, seconds), signature, witness.publicKey)) {
    refuse('it does not belong to this checkpoint');
  }
  const timeMs = Number(seconds) * SECOND_MS;
  return Number.isSafeInteger(timeMs) ? { witness, timeMs } : refuse('its time is out of range');
}

// Whether a witness may cosign what a log asks it to: the rules of C2SP tlog-witness, in their order, over values
// alone. What is judged here is judged under the lock of the log and before the write (witness.ts).
import { equalBytes, KuraError, must } from '@kura/base';
import type { AddCheckpoint } from '@kura/contract/wire/add-checkpoint.ts';
import {
  type Checkpoint,
  emptyHead,
  formatSignatureLine,
  type LogKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  signaturesOf,
  verifyConsistency,
} from '@kura/log';

export type Judgement =
  | {
      readonly kind: 'consistent';
      readonly checkpoint: Checkpoint;
      /** As the log signed it: what others have added to the note is not kept. */
      readonly note: string;
    }
  /** It is no request, or its old size is above the new one. */
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'unsigned'; readonly why: string }
  /** Its proof begins elsewhere than at what was cosigned last. */
  | { readonly kind: 'elsewhere'; readonly lastSize: number }
  /** The log has signed two heads of one size. */
  | { readonly kind: 'forked'; readonly lastSize: number }
  | { readonly kind: 'inconsistent' };

/** The log that a request is about; undefined if what it brings is no checkpoint. */
export function originOf({ checkpoint }: AddCheckpoint): string | undefined {
  try {
    return parseCheckpoint(parseNote(checkpoint).text).origin;
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

/** `last`: what was cosigned last; the empty tree of a log that is new. */
export function judge(
  { oldSize, proof, checkpoint: note }: AddCheckpoint,
  log: LogKey,
  last: Checkpoint,
): Judgement {
  let checkpoint: Checkpoint;
  try {
    checkpoint = openCheckpoint(note, log);
  } catch (error) {
    if (error instanceof KuraError) return { kind: 'unsigned', why: error.message };
    throw error;
  }
  const { size, head } = checkpoint;
  if (oldSize > size) return { kind: 'malformed', why: 'the old size is above the new one' };
  if (oldSize !== last.size) return { kind: 'elsewhere', lastSize: last.size };
  if (size === last.size && !equalBytes(head, last.head)) {
    return { kind: 'forked', lastSize: last.size };
  }
  const from = { fromSize: last.size, fromHead: last.head };
  const isContinued = verifyConsistency({ ...from, toSize: size, toHead: head, proof });
  if (!isContinued) return { kind: 'inconsistent' };
  return { kind: 'consistent', checkpoint, note: ownNote(note, log) };
}

function ownNote(note: string, { origin, publicKey }: LogKey): string {
  const parsed = parseNote(note);
  const [signature] = signaturesOf(parsed, { name: origin, publicKey }, 'ed25519');
  return `${parsed.text}\n${formatSignatureLine(must(signature, 'it was verified'))}`;
}

export function emptyLog(origin: string): Checkpoint {
  return { origin, size: 0, head: emptyHead() };
}

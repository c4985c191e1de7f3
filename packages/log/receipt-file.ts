// Receipts in a file: one JSON object a line, as `kura receipts --json` and `kura receipts export` write them. What
// stands beside the five fields of a receipt is for people and is not read.
import { KuraError } from '@kura/base';
import type { Receipt } from './receipts.ts';
import { refusedReceipt } from './refusal.ts';

/** Body and checkpoint have 64 KiB at most, and JSON escapes what is in them. */
export const MAX_RECEIPT_LINE_CHARACTERS = 512 * 1024;

/** The names of the fields in a file. */
export interface ReceiptLine {
  readonly body: string;
  readonly leaf_index: number;
  readonly inclusion_proof: readonly string[];
  readonly checkpoint: string;
  readonly witnessed: boolean;
}

export function toReceiptLine(receipt: Receipt): ReceiptLine {
  const { body, leafIndex, inclusionProof, checkpoint, witnessed } = receipt;
  return {
    body,
    leaf_index: leafIndex,
    inclusion_proof: inclusionProof,
    checkpoint,
    witnessed,
  };
}

/** Throws `refused` (as malformed) unless the line has the fields of a receipt; nothing is verified by that. */
export function parseReceiptLine(line: string): Receipt {
  if (line.length > MAX_RECEIPT_LINE_CHARACTERS) throw malformed('its line is too long');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw malformed('its line is not JSON', error);
  }
  if (typeof value !== 'object' || value === null) throw malformed('its line is no object');
  const fields = value as Partial<Record<keyof ReceiptLine, unknown>>;
  const { body, leaf_index: leafIndex, inclusion_proof: proof, checkpoint, witnessed } = fields;
  if (typeof body !== 'string' || typeof checkpoint !== 'string' || !isTexts(proof)) {
    throw malformed('"body", "checkpoint" or "inclusion_proof" is missing');
  }
  if (typeof leafIndex !== 'number' || !Number.isSafeInteger(leafIndex) || leafIndex < 0) {
    throw malformed('"leaf_index" is not the number of an entry');
  }
  return { body, leafIndex, inclusionProof: proof, checkpoint, witnessed: witnessed === true };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

function malformed(why: string, cause?: unknown): KuraError {
  const { code, message, context } = refusedReceipt('malformed', why);
  return new KuraError(code, message, { context, cause });
}

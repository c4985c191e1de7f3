// `kura incidents verify`: evidence is checked and judged again, here, without any network or secret.
import { resolve } from 'node:path';
import { isoTime, MIB } from '@kura/base';
import {
  ACCUSATIONS,
  type OpenedFile,
  openEvidenceFile,
  type Verdict,
} from '@kura/contract/evidence/index.ts';
import { parsePolicy } from '@kura/log';
import { readInputFile } from '../cli/input-file.ts';
import type { CommandContext } from '../commands/types.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';

/** A bundle has at most two megabytes, and JSON escapes its quotes. */
const MAX_FILE_BYTES = 16 * MIB;

export interface VerifyOptions {
  readonly policy?: string;
}

export async function verifyFiles(
  files: readonly string[],
  { policy }: VerifyOptions,
  context: CommandContext,
): Promise<void> {
  const judged = policy === undefined ? undefined : parsePolicy(textOf(policy, 'witness policy'));
  for (const file of files) {
    const opened = openEvidenceFile(textOf(file, 'file of evidence'), judged);
    context.output.record(openedJson(file, opened));
    for (const line of openedLines(file, opened)) context.output.line(line);
  }
}

function textOf(path: string, noun: string): string {
  const file = { path: resolve(path), noun, maxBytes: MAX_FILE_BYTES };
  return readInputFile(file).toString('utf8');
}

export function verdictText({ kind }: Pick<Verdict, 'kind'>): string {
  return paint(ACCUSATIONS.includes(kind) ? 'bad' : 'strong', kind);
}

function openedLines(
  file: string,
  { bundle, verdict, event, logKey, answer }: OpenedFile,
): string[] {
  const { store, device, failures } = bundle;
  const words = bundle.observations.filter(({ leafAnswer, fullReadAnswer }) => {
    return leafAnswer === undefined && fullReadAnswer === undefined;
  });
  return [
    `${file}: ${verdictText(verdict)}, judged again here`,
    `  ${verdict.reason}`,
    ...verdict.signs.map(({ kind, says }) => `  sign (${kind}): ${says}`),
    ...verdict.places
      .slice(0, 8)
      .map(
        ({ firstLeaf, leaves, firstByte, bytes }) =>
          `  place: ${leavesText(firstLeaf, leaves)}, bytes ${firstByte}–${firstByte + bytes - 1}`,
      ),
    `  store ${store.storeId} in ${store.city}, by its key ${hex(store.publicKey)}`,
    event === undefined
      ? '  not in the log yet'
      : `  entry ${event.receipt.leafIndex} of the log, ${event.isWitnessed ? '' : 'not '}witnessed`,
    `  log key ${logKey}`,
    `  the coordinator's word alone: ${words.length} of ${bundle.observations.length} observations, ` +
      `${failures.length} failures of authentication, ${device.heldBytes} bytes held there`,
    ...(answer === undefined ? [] : [`  the store says: ${answer}`]),
  ];
}

function openedJson(file: string, { bundle, verdict, event, logKey, answer }: OpenedFile) {
  return {
    file,
    valid: true,
    incident_id: bundle.incidentId,
    verdict: verdictJson(verdict),
    store_id: bundle.store.storeId,
    store_key: hex(bundle.store.publicKey),
    pack_id: bundle.packId,
    copy_id: bundle.copyId,
    made: isoTime(bundle.madeMs),
    leaf_index: event?.receipt.leafIndex ?? null,
    witnessed: event?.isWitnessed ?? false,
    log_key: logKey,
    answer: answer ?? null,
  };
}

export function verdictJson({ kind, reason, signs, wrongLeaves, places, rate }: Verdict): Json {
  return {
    kind,
    reason,
    signs: signs.map((sign) => ({ kind: sign.kind, says: sign.says })),
    wrong_leaves: wrongLeaves,
    places: places.map(({ firstLeaf, leaves, firstByte, bytes, blocks }) => ({
      first_leaf: firstLeaf,
      leaves,
      first_byte: firstByte,
      bytes,
      blocks,
    })),
    rate: {
      places: rate.places,
      lost: rate.lost,
      held_bytes: rate.heldBytes,
      upper_per_30_days: rate.upperMilli / 1000,
      plausible: rate.plausible,
      is_plausible: rate.isPlausible,
    },
  };
}

function leavesText(first: number, count: number): string {
  return count === 1 ? `leaf ${first}` : `leaves ${first}–${first + count - 1}`;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// Evidence as a member keeps it: the bundle, and the receipt of the event that names its hash, in one JSON object.
// It is opened with nothing but itself; whose log it was is said by the key in it, which has to be compared with
// one's own.
import { KuraError } from '@kura/base';
import {
  anyOf,
  type OpenedReceipt,
  parseEvent,
  parseReceiptLine,
  parseVerifierKey,
  ReceiptVerifier,
  toReceiptLine,
  type WitnessPolicy,
} from '@kura/log';
import type { CustodyReceipt } from '../coordinator-port.ts';
import { hashBundle } from './bundle.ts';
import { type OpenedEvidence, openEvidence } from './open-bundle.ts';

export interface EvidenceFile {
  readonly evidence: string;
  /** Undefined: the log had not got it yet. */
  readonly event: CustodyReceipt | undefined;
  /** Verifier key of the log. */
  readonly logKey: string;
  readonly answer: string | undefined;
}

export interface OpenedFile extends OpenedEvidence {
  readonly event: OpenedReceipt | undefined;
  readonly logKey: string;
  /** The accused store's, which nobody has signed. */
  readonly answer: string | undefined;
}

const MAX_FILE_CHARACTERS = 8 * 1024 * 1024;

export function formatEvidenceFile({ evidence, event, logKey, answer }: EvidenceFile): string {
  const line = event === undefined ? {} : { event: toReceiptLine(event) };
  return JSON.stringify({
    evidence,
    ...line,
    log_key: logKey,
    ...(answer === undefined ? {} : { answer }),
  });
}

/**
 * `policy`: which logs and witnesses count; by default the log of the key in the file, and no witness. Throws
 * `refused`.
 */
export function openEvidenceFile(text: string, policy?: WitnessPolicy): OpenedFile {
  const { evidence, event, logKey, answer } = parseFile(text);
  const opened = openEvidence(evidence);
  if (event === undefined) return { ...opened, event: undefined, logKey, answer };
  const key = parseVerifierKey(logKey, 'ed25519');
  const judged = policy ?? anyOf(0, { log: key, witnesses: [] });
  const logged = new ReceiptVerifier(judged).verify(event);
  const custody = parseEvent(event.body);
  const { bundle } = opened;
  const isItsEvent =
    custody.event === 'incident' &&
    custody.memberId === bundle.memberId &&
    custody.subject.incidentId === bundle.incidentId &&
    custody.subject.evidence === hashBundle(evidence);
  if (!isItsEvent) throw refuse('the event beside it is of other evidence');
  return { ...opened, event: logged, logKey, answer };
}

function parseFile(text: string): EvidenceFile {
  if (text.length > MAX_FILE_CHARACTERS) throw refuse('it is too long');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  if (typeof json !== 'object' || json === null) throw refuse('it is not an object');
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(json));
  const [evidence, logKey] = [fields.get('evidence'), fields.get('log_key')];
  if (typeof evidence !== 'string' || typeof logKey !== 'string') {
    throw refuse('it has no evidence in it, or no key of a log');
  }
  const [event, answer] = [fields.get('event'), fields.get('answer')];
  return {
    ...{ evidence, logKey },
    event: event === undefined ? undefined : parseReceiptLine(JSON.stringify(event)),
    answer: typeof answer === 'string' ? answer : undefined,
  };
}

function refuse(why: string, cause?: unknown): KuraError {
  return new KuraError('refused', `the file of evidence is refused: ${why}`, { cause });
}

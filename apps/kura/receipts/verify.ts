// `kura receipts verify`: receipts from a file, without a network. What is believed comes from a policy, never from the
// file: from the one that is given, or from the keys that this device has pinned.
import { resolve } from 'node:path';
import { KuraError, MIB, must } from '@kura/base';
import {
  isContradiction,
  parsePolicy,
  parseReceiptLine,
  type Receipt,
  ReceiptVerifier,
  refusalReason,
  type WitnessPolicy,
} from '@kura/log';
import type { Command } from 'commander';
import { readInputFile } from '../cli/input-file.ts';
import { localTime } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { type Examined, examine, findingsAmong, proofText, tell } from './examine.ts';

const HELP = `
Needs no network. FILE has one receipt a line, as "kura receipts export" and
"kura receipts --json" write them. Without --policy the keys that this device has
pinned decide; with it, this device need not have any.

Examples:
  kura receipts verify receipts.jsonl
  kura receipts verify receipts.jsonl --policy policy.txt --json
`;

/** Some 200,000 receipts. */
const MAX_FILE_BYTES = 512 * MIB;
const MAX_POLICY_BYTES = 64 * 1024;

interface VerifyOptions {
  readonly policy?: string;
}

async function policyFor(
  { policy }: VerifyOptions,
  context: CommandContext,
): Promise<WitnessPolicy> {
  if (policy === undefined) return await pinnedPolicy(context);
  const file = { path: resolve(policy), noun: 'witness policy', maxBytes: MAX_POLICY_BYTES };
  return parsePolicy(readInputFile(file).toString('utf8'));
}

async function pinnedPolicy(context: CommandContext): Promise<WitnessPolicy> {
  try {
    return await (await (await context.services()).receipts()).policy();
  } catch (error) {
    if (!(error instanceof KuraError) || error.code !== 'no_network') throw error;
    throw new KuraError('no_network', 'nothing here says which log and witnesses to believe', {
      guidance: 'Name a policy with --policy FILE: `kura receipts policy` writes one elsewhere.',
      cause: error,
    });
  }
}

/** The lines of a file that are not empty, with their numbers. */
function* linesOf(path: string): Generator<{ readonly line: string; readonly number: number }> {
  const text = readInputFile({
    path: resolve(path),
    noun: 'file of receipts',
    maxBytes: MAX_FILE_BYTES,
  });
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(0x0a, from);
    const to = end < 0 ? text.length : end;
    number++;
    const line = text.toString('utf8', from, to).trim();
    if (line !== '') yield { line, number };
    from = to + 1;
  }
}

interface Read extends Examined {
  readonly place: string;
}

function readOne(line: string, place: string, verifier: ReceiptVerifier): Read {
  let receipt: Receipt;
  try {
    receipt = parseReceiptLine(line);
  } catch (error) {
    const reason = refusalReason(error);
    if (reason === undefined || !(error instanceof KuraError)) throw error;
    const nothing = {
      body: '',
      leafIndex: 0,
      inclusionProof: [],
      checkpoint: '',
      witnessed: false,
    };
    return {
      place,
      receipt: nothing,
      opened: undefined,
      refusal: { reason, message: error.message },
    };
  }
  return { place, ...examine(receipt, { verifier, needsQuorum: true }) };
}

async function verify(
  files: readonly string[],
  options: VerifyOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const verifier = new ReceiptVerifier(await policyFor(options, context));
  const all: Read[] = [];
  for (const file of files) {
    for (const { line, number } of linesOf(file)) {
      const one = readOne(line, `${file}:${number}`, verifier);
      all.push(one);
      say(one, context);
    }
  }
  if (all.length === 0) throw new KuraError('usage', 'there is no receipt in what was given');
  const findings = findingsAmong(all);
  for (const { kind, text, receipts } of findings) {
    const places = receipts.map((at) => must(all[at], 'a finding is about what was read').place);
    output.record({
      message_type: 'finding',
      kind,
      contradiction: isContradiction({ kind }),
      text,
      places,
    });
    output.line(`${kind}: ${text} (${places.join(', ')})`);
  }
  const refused = all.filter(({ refusal }) => refusal !== undefined).length;
  const witnessed = all.filter(({ opened }) => opened?.isWitnessed === true).length;
  const contradictions = findings.filter(isContradiction).length;
  const gaps = findings.length - contradictions;
  const good = all.length - refused;
  output.record({ message_type: 'summary', good, witnessed, refused, contradictions, gaps });
  output.line(
    `${good} good, ${witnessed} of them witnessed, ${refused} refused, ` +
      `${contradictions} contradictions, ${gaps} gaps`,
  );
  if (refused > 0 || contradictions > 0) context.exitWith(EXIT.refused);
}

/** Those that are refused always; the others with `--verbose`, or as records. */
function say(one: Read, context: CommandContext): void {
  const { output } = context;
  const { place, receipt, opened, refusal } = one;
  const { event, timeMs, text } = tell(one);
  output.record({
    message_type: 'receipt',
    place,
    event,
    time: timeMs === undefined ? null : new Date(timeMs).toISOString(),
    leaf_index: receipt.leafIndex,
    valid: refusal === undefined,
    witnessed: opened?.isWitnessed ?? false,
    reason: refusal?.reason ?? null,
    message: refusal?.message ?? null,
  });
  const when = timeMs === undefined ? '' : ` ${localTime(timeMs, context)}`;
  const line = `${place}: ${proofText(one)}${when} ${refusal?.message ?? text}`;
  if (refusal === undefined) output.detail(line);
  else output.line(line);
}

export function registerVerify(command: Command, context: CommandContext): void {
  command
    .command('verify')
    .description('judge receipts of a file, without a network')
    .argument('<file...>', 'one receipt a line')
    .option(
      '--policy <file>',
      'whom to believe (c2sp.org/tlog-policy; default: what is pinned here)',
    )
    .addHelpText('after', HELP)
    .action((files: string[], options: VerifyOptions) => verify(files, options, context));
}

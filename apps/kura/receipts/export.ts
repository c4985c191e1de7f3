// `kura receipts export` and `policy`: proofs to hand to somebody else, with what he needs to check them alone.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asKuraError, KuraError } from '@kura/base';
import { formatPolicy, liarsNeeded, toReceiptLine, VERIFIER_NAME, verifierUrl } from '@kura/log';
import type { Command } from 'commander';
import { addReadingOptions, type ReadingOptions } from '../cli/options.ts';
import type { CommandContext } from '../commands/types.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { receiptJson } from './examine.ts';
import { type Choice, chooseReceipts, examineAll, type Shown, verifierOf } from './list.ts';

const EXPORT_HELP = `
FOLDER gets the receipts, the keys that they are judged under, and a program of one file
that checks them with nothing but Node: whoever is shown them need not have Kura.

Examples:
  kura receipts export --output proofs
  kura receipts export latest --output proofs
  node proofs/${VERIFIER_NAME} proofs/policy.txt proofs/receipts.jsonl
`;

const POLICY_HELP = `
The form is c2sp.org/tlog-policy: the key of the log, of its witnesses, and how many of
them must have cosigned. Give it on a way of its own to whoever is to check receipts.

Examples:
  kura receipts policy > policy.txt
`;

const READ_ME = `Receipts of custody, and what checks them
=========================================
receipts.jsonl   one receipt a line, with its proof
policy.txt       the keys of the log and of its witnesses, as the owner has pinned them
${VERIFIER_NAME}   checks the one under the other: it needs Node 18 or newer, and nothing else

    node ${VERIFIER_NAME} policy.txt receipts.jsonl

The policy decides what is believed. If these files come from somebody whom you do not trust,
get it from somebody whom you do: the network shows it at https://COORDINATOR/v1/log/policy.
`;

interface ExportOptions extends ReadingOptions {
  readonly output: string;
}

async function exportReceipts(
  { output: target, ...filter }: ExportOptions,
  choice: Omit<Choice, 'filter'>,
): Promise<void> {
  const { context } = choice;
  const { output } = context;
  const folder = resolve(target);
  makeEmptyFolder(folder);
  const port = await (await context.services(filter)).receipts();
  const verifier = await verifierOf(port);
  const all = await examineAll(chooseReceipts(port, { ...choice, filter }), verifier);
  if (all.length === 0) throw new KuraError('not_found', 'there is no receipt yet');
  writeFileSync(join(folder, 'receipts.jsonl'), all.map(lineOf).join(''));
  writeFileSync(join(folder, 'policy.txt'), formatPolicy(await port.policy()));
  writeFileSync(join(folder, 'README.txt'), READ_ME);
  copyFileSync(fileURLToPath(verifierUrl()), join(folder, VERIFIER_NAME));
  const refused = all.filter(({ refusal }) => refusal !== undefined).length;
  output.record({ message_type: 'exported', folder, receipts: all.length, refused });
  output.line(`${all.length} receipts are in ${folder}`);
  if (refused === 0) return;
  output.warning(`${refused} of them do not verify: see \`kura receipts\``);
  context.exitWith(EXIT.refused);
}

/** What a person sees of it stands beside the proof, which is all that is read again. */
function lineOf(one: Shown): string {
  const seen = receiptJson(one, one.snapshotId) as Record<string, unknown>;
  return `${JSON.stringify({ ...seen, ...toReceiptLine(one.receipt) })}\n`;
}

function makeEmptyFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return;
  } catch (error) {
    throw asKuraError(error, `${folder} cannot be made`);
  }
  throw new KuraError('already_exists', `${folder} is not empty`, {
    guidance: 'Name a folder that is not there yet: nothing is ever written over.',
  });
}

async function printPolicy(filter: ReadingOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const port = await (await context.services(filter)).receipts();
  const policy = await port.policy();
  const text = formatPolicy(policy);
  const liars = liarsNeeded(policy);
  output.record({ policy: text, liars_needed: liars });
  output.lines(text.trimEnd().split('\n'));
  output.note(LIARS[liars] ?? `two histories can be shown only if ${liars} of the witnesses lie`);
}

const LIARS: Readonly<Record<number, string>> = {
  0: 'no witness is needed: the operator alone could show two people two histories',
  1: 'two histories can be shown if one of the witnesses lies',
};

export function registerExport(command: Command, context: CommandContext): void {
  const exporting = command
    .command('export')
    .description('write proofs, and what checks them, into a folder')
    .argument('[snapshot...]', '"latest" or the beginning of an id (default: every event)')
    .requiredOption('--output <folder>', 'a new folder');
  addReadingOptions(exporting)
    .addHelpText('after', EXPORT_HELP)
    .action((names: string[], options: ExportOptions) =>
      exportReceipts(options, { names, context }),
    );
  addReadingOptions(command.command('policy').description('show whom this device believes'))
    .addHelpText('after', POLICY_HELP)
    .action((filter: ReadingOptions) => printPolicy(filter, context));
}

// `kura receipts list` and `show`: what the network gave this member, judged while it is shown.
import { KuraError } from '@kura/base';
import { describeReceipt, isContradiction, ReceiptVerifier } from '@kura/log';
import type { Command } from 'commander';
import { addReadingOptions, type ReadingOptions, wholeNumber } from '../cli/options.ts';
import { selectSnapshots } from '../cli/select.ts';
import { localTime } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { tableLines } from '../output/table.ts';
import { type Examined, examine, findingsAmong, proofText, receiptJson, tell } from './examine.ts';
import type { KeptReceipt, ReceiptsPort } from './port.ts';

const LIST_HELP = `
Each receipt is judged under the keys that this device has pinned: of the log and of its
witnesses. One that is not witnessed yet is signed by the network alone.

Examples:
  kura receipts
  kura receipts latest
  kura receipts list --json > receipts.jsonl
`;

const SHOW_HELP = `
Examples:
  kura receipts show latest
  kura receipts show --entry 17
`;

export interface Shown extends Examined {
  readonly snapshotId: string | undefined;
}

export async function examineAll(
  kept: AsyncIterable<KeptReceipt>,
  verifier: ReceiptVerifier,
): Promise<Shown[]> {
  const shown: Shown[] = [];
  for await (const { receipt, snapshotId } of kept) {
    const examined = examine(receipt, { verifier, needsQuorum: false, snapshotId });
    shown.push({ ...examined, snapshotId });
  }
  return shown.sort((a, b) => a.receipt.leafIndex - b.receipt.leafIndex);
}

/** The receipts of these snapshots; without names, of all that the filters leave, and every other event. */
export async function* chooseReceipts(
  port: ReceiptsPort,
  { names, filter, context }: Choice,
): AsyncGenerator<KeptReceipt> {
  const services = await context.services(filter);
  const chosen = selectSnapshots(await services.snapshots(), names, filter);
  yield* port.ofSnapshots(chosen.map(({ id }) => id));
  if (names.length === 0) yield* port.ofEvents();
}

export interface Choice {
  readonly names: readonly string[];
  readonly filter: ReadingOptions;
  readonly context: CommandContext;
}

export async function verifierOf(port: ReceiptsPort): Promise<ReceiptVerifier> {
  return new ReceiptVerifier(await port.policy());
}

async function list(choice: Choice): Promise<void> {
  const { context, filter } = choice;
  const { output } = context;
  const port = await (await context.services(filter)).receipts();
  const shown = await examineAll(chooseReceipts(port, choice), await verifierOf(port));
  for (const one of shown) output.record(receiptJson(one, one.snapshotId));
  output.lines(
    tableLines<Shown>(
      [
        { title: 'Time', cell: (one) => timeText(one, context) },
        { title: 'Event', cell: (one) => tell(one).event },
        { title: 'Entry', align: 'right', cell: ({ receipt }) => String(receipt.leafIndex) },
        { title: 'Proof', cell: proofText },
        { title: 'Witness', cell: witnessText },
        { title: 'What', cell: (one) => tell(one).text },
      ],
      shown,
    ),
  );
  const findings = findingsAmong(shown);
  for (const { kind, text } of findings) output.warning(text, { kind });
  const isBad = shown.some(({ refusal }) => refusal !== undefined);
  if (isBad || findings.some(isContradiction)) context.exitWith(EXIT.refused);
}

const timeText = (one: Shown, context: CommandContext): string => {
  const { timeMs } = tell(one);
  return timeMs === undefined ? '' : localTime(timeMs, context);
};

const witnessText = ({ opened }: Examined): string =>
  opened?.isWitnessed === true ? 'witnessed' : 'unwitnessed';

interface ShowOptions extends ReadingOptions {
  readonly entry?: number;
}

async function show(name: string | undefined, options: ShowOptions, context: CommandContext) {
  const { output } = context;
  const { entry, ...filter } = options;
  if ((name === undefined) === (entry === undefined)) {
    throw new KuraError('usage', 'name a snapshot, or an entry of the log with --entry');
  }
  const port = await (await context.services(filter)).receipts();
  const names = name === undefined ? [] : [name];
  const all = await examineAll(
    chooseReceipts(port, { names, filter, context }),
    await verifierOf(port),
  );
  const one = all.find(({ receipt }) => entry === undefined || receipt.leafIndex === entry);
  if (one === undefined) {
    throw new KuraError('not_found', 'there is no such receipt', {
      guidance: '`kura receipts` lists those that there are.',
    });
  }
  output.record(receiptJson(one, one.snapshotId));
  if (one.opened !== undefined) output.lines(describeReceipt(one.opened).split('\n'));
  else output.lines([proofText(one), one.refusal?.message ?? '']);
  if (one.refusal !== undefined) context.exitWith(EXIT.refused);
}

export function registerList(command: Command, context: CommandContext): void {
  const listing = command
    .command('list', { isDefault: true })
    .description('list them, and judge each')
    .argument('[snapshot...]', '"latest" or the beginning of an id (default: every event)');
  addReadingOptions(listing)
    .addHelpText('after', LIST_HELP)
    .action((names: string[], filter: ReadingOptions) => list({ names, filter, context }));
  const showing = command
    .command('show')
    .description('say in words what one proves')
    .argument('[snapshot]', '"latest" or the beginning of an id')
    .option('--entry <n>', 'the entry of the log', wholeNumber(0, 999_999_999));
  addReadingOptions(showing)
    .addHelpText('after', SHOW_HELP)
    .action((name: string | undefined, options: ShowOptions) => show(name, options, context));
}

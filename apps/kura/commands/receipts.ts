// `kura receipts`: the signed proofs of custody, checked while they are shown.
import type { Command } from 'commander';
import { addReadingOptions, type ReadingOptions } from '../cli/options.ts';
import { selectSnapshots, shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { paint } from '../output/style.ts';
import { tableLines } from '../output/table.ts';
import { localTime } from './show.ts';
import type { CommandContext } from './types.ts';
import type { ReceiptView } from './views.ts';

const HELP = `
A receipt says what is kept, where and since when; it is signed, and its place in an
append-only log is proved. As long as no witness has seen the log it is unwitnessed.
With --json a receipt is complete: it can be checked anywhere, without this machine.

Examples:
  kura receipts latest
  kura receipts --json > receipts.jsonl
`;

async function run(
  names: readonly string[],
  filter: ReadingOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(filter);
  const chosen = selectSnapshots(await services.snapshots(), names, filter);
  const receipts = await services.receipts(chosen.map(({ id }) => id));
  for (const receipt of receipts) {
    const { snapshotId, timeMs, leafIndex, witnessed, isValid, body } = receipt;
    output.record({
      snapshot_id: snapshotId,
      time: new Date(timeMs).toISOString(),
      leaf_index: leafIndex,
      witnessed,
      valid: isValid,
      body,
      inclusion_proof: receipt.inclusionProof,
      checkpoint: receipt.checkpoint,
    });
  }
  const state = ({ isValid }: ReceiptView): string =>
    isValid ? paint('good', 'valid') : paint('bad', 'NOT VALID');
  output.lines(
    tableLines(
      [
        { title: 'Snapshot', cell: ({ snapshotId }) => shortId(snapshotId) },
        { title: 'Time', cell: ({ timeMs }) => localTime(timeMs, context) },
        { title: 'Leaf', align: 'right', cell: ({ leafIndex }) => String(leafIndex) },
        { title: 'Proof', cell: state },
        { title: 'Witness', cell: ({ witnessed }) => (witnessed ? 'witnessed' : 'unwitnessed') },
      ],
      receipts,
    ),
  );
  if (receipts.some(({ isValid }) => !isValid)) context.exitWith(EXIT.refused);
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Shows and checks the signed proofs of custody.')
      .argument('[snapshot...]', '"latest" or the beginning of an id (default: all)'),
  )
    .addHelpText('after', HELP)
    .action((names: string[], options: ReadingOptions) => run(names, options, context));
}

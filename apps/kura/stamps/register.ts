// `kura stamps`: receipts approved by timestamp authorities, and whether they still agree (row D16).
import { isoTime, KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { selectSnapshots, shortId } from '../cli/select.ts';
import type { CommandContext, CommandServices } from '../commands/types.ts';
import type { StampsView } from './port.ts';

const MAX_APPROVALS = 16;

const HELP = `
A stamp says, by the word of an authority that has nothing to do with your network, that the receipt
of a snapshot was there at a time: and with it the snapshot, its packs, its stores and their roots.
Who can be asked: the network that you have joined, and whoever KURA_HOME/agent.toml names:

  [timestamps]
  authorities = ["https://tsa.example.org/tsr /etc/kura/tsa.example.org.pem"]

Stamps are kept in KURA_HOME/stamps, and judged without anybody. Those of a locked snapshot (kura
backup --notarise --lock) are in its record; "add" closes a lock whose backup was interrupted.

Examples:
  kura stamps add latest --approvals 2
  kura stamps show latest
  kura stamps carry latest
`;

/** 1 to 16; for `kura backup` as well. */
export function approvalsOption(): Option {
  return new Option('--approvals <n>', 'how many authorities have to agree')
    .default(1)
    .argParser((text) => {
      const count = Number(text);
      const isCount = Number.isSafeInteger(count) && count >= 1 && count <= MAX_APPROVALS;
      if (isCount) return count;
      throw new KuraError('usage', `--approvals is a number from 1 to ${MAX_APPROVALS}`);
    });
}

export function tellStamps(view: StampsView, { output }: CommandContext): void {
  for (const { name, why } of view.failures) output.warning(`${name} has not approved: ${why}`);
  for (const { name, timeMs, authority } of view.stamps) {
    output.line(`stamped by ${name} at ${isoTime(timeMs)} (${authority})`);
  }
  const { approvals, imprint, snapshotId } = view;
  output.record({
    message_type: 'stamps',
    snapshot_id: snapshotId,
    approvals,
    imprint,
    stamps: view.stamps.map(({ name, timeMs, accuracyMs, authority }) => ({
      ...{ name, time: isoTime(timeMs), accuracy_ms: accuracyMs ?? null, authority },
    })),
  });
}

async function act(
  names: readonly string[],
  context: CommandContext,
  work: (
    ports: Awaited<ReturnType<CommandServices['stamps']>>,
    id: StampsView['snapshotId'],
  ) => Promise<StampsView>,
): Promise<void> {
  const services = await context.services();
  const ports = await services.stamps();
  for (const { id } of selectSnapshots(await services.snapshots(), names, {})) {
    const view = await work(ports, id);
    context.output.line(
      `snapshot ${shortId(id)}: ${view.stamps.length} of ${view.approvals} approvals`,
    );
    tellStamps(view, context);
  }
}

async function carry(names: readonly string[], context: CommandContext): Promise<void> {
  const services = await context.services();
  const ports = await services.stamps();
  for (const { id } of selectSnapshots(await services.snapshots(), names, {})) {
    await ports.carry(id);
    context.output.line(`snapshot ${shortId(id)}: the card opens it alone from now on`);
    context.output.record({ message_type: 'carried', snapshot_id: id });
  }
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Has receipts stamped by timestamp authorities, and checks the stamps.')
    .addHelpText('after', HELP);
  command
    .command('add')
    .description('asks the authorities to stamp the receipt of a snapshot')
    .argument('<snapshot...>', '"latest" or the beginning of an id')
    .addOption(approvalsOption())
    .action((names: string[], { approvals }: { approvals: number }) =>
      act(names, context, (ports, id) => ports.add(id, approvals)),
    );
  command
    .command('show')
    .description('judges the stamps that are kept of a snapshot, offline')
    .argument('<snapshot...>', '"latest" or the beginning of an id')
    .action((names: string[]) => act(names, context, (ports, id) => ports.show(id)));
  command
    .command('carry')
    .description('puts what the network keeps of the key to a locked snapshot on the card')
    .argument('<snapshot...>', '"latest" or the beginning of an id')
    .action((names: string[]) => carry(names, context));
}

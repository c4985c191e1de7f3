// `kura medium`: the copies of one member, as they lie at a store, on a disk that is sent. Written and checked where no
// network is asked and no key is needed; read by whatever reads snapshots, with `--medium`.
import { resolve } from 'node:path';
import { formatBytes, memberId } from '@kura/base';
import type { MediumPorts } from '@kura/store/medium/write-medium.ts';
import type { Command } from 'commander';
import { shortId } from '../cli/select.ts';
import { plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { realSurroundings } from '../embedded/surroundings.ts';
import { EXIT } from '../errors/exit-codes.ts';

const HELP = `
For a member whose line is too slow. The member says which name it has at a store
(kura card show). Whoever runs that store writes what lies there under that name onto a
disk; the store goes on meanwhile. Interrupted, the same command goes on. Nothing on the disk
can be opened without the member's card; a finder sees how much there is, and of which store.

Write tells a digest: send it another way than the disk. Check reads all of the disk,
and ends with 22 if it is not what was written.

Examples:
  kura card show
  kura medium write --shelf /var/lib/kura/shelf --member 4f0c… /mnt/usb/kura
  kura medium check /mnt/usb/kura
  kura restore latest --target ~/back --medium /mnt/usb/kura
`;

interface WriteOptions {
  readonly shelf: string;
  readonly member: string;
}

function ports(phase: string, progress: CommandContext['progress']): MediumPorts {
  return {
    ...realSurroundings(),
    processId: process.pid,
    onProgress: ({ copies, bytes, of }) =>
      progress.update({
        ...{ phase, filesDone: copies, bytesDone: bytes },
        ...{ filesTotal: of?.copies, bytesTotal: of?.bytes },
      }),
  };
}

async function write(
  to: string,
  options: WriteOptions,
  { output, progress, exitWith }: CommandContext,
): Promise<void> {
  const { writeMedium } = await import('@kura/store/medium/write-medium.ts');
  const folder = resolve(to);
  const request = { shelf: resolve(options.shelf), member: memberId(options.member), folder };
  const { copies, bytes, kept, damaged, digest } = await writeMedium(
    request,
    ports('writing', progress),
  );
  const before = kept > 0 ? `, ${kept} of them before` : '';
  output.line(`${plural(copies, 'copy', 'copies')} (${formatBytes(bytes)}) in ${folder}${before}`);
  output.line(`digest ${digest}`);
  if (damaged > 0) {
    const what = plural(damaged, 'copy', 'copies');
    output.warning(`${what} damaged at this store, and not on the medium: others have them`);
    exitWith(EXIT.degraded);
  }
  output.record({ message_type: 'medium', folder, copies, bytes, kept, damaged, digest });
}

async function check(from: string, { output, progress, exitWith }: CommandContext): Promise<void> {
  const { checkMedium } = await import('@kura/store/medium/check-medium.ts');
  const folder = resolve(from);
  const checked = await checkMedium(folder, ports('checking', progress));
  const { identity, list, copies, bytes, hurt, isWhole } = checked;
  const what = `${copies} of ${plural(list.copies, 'copy', 'copies')} (${formatBytes(bytes)})`;
  output.line(`${what} of the store ${shortId(identity.storeId)} in ${identity.place.city}`);
  output.line(`digest ${list.digest}`);
  if (isWhole) output.line('the medium is whole');
  else {
    const wrong = hurt.length > 0 ? ` (${plural(hurt.length, 'copy', 'copies')} damaged)` : '';
    output.warning(`the medium is not what was written${wrong}: the rest comes over the network`);
    exitWith(EXIT.degraded);
  }
  output.record({
    ...{ message_type: 'medium', folder, store: identity.storeId, city: identity.place.city },
    ...{ member: list.member, whole: isWhole, copies, copies_listed: list.copies, bytes },
    ...{ hurt_copies: hurt.length, digest: list.digest },
  });
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Writes and checks disks that bring copies to a member whose line is too slow.')
    .addHelpText('after', HELP);
  command
    .command('write')
    .description('at a store: write what one member has there onto a disk')
    .argument('<folder>', 'on the disk; made if it is not there')
    .requiredOption('--shelf <dir>', 'the folder of the store')
    .requiredOption('--member <id>', 'the name that the member has at this store')
    .action((folder: string, options: WriteOptions) => write(folder, options, context));
  command
    .command('check')
    .description('read a disk, and say whether all that was written is on it')
    .argument('<folder>', 'on the disk')
    .action((folder: string) => check(folder, context));
}

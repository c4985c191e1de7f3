// `kura operator kit`, `tiles` and `rebuild`: what an operator keeps for the day on which the coordinator and its
// database are gone, and that day itself.
import { resolve } from 'node:path';
import { isoTime, KuraError } from '@kura/base';
import { type CoordinatorConfig, loadProgram } from '@kura/daemon';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { Command } from 'commander';
import { type Secrets, secretsFrom } from '../../cli/passphrase.ts';
import { plural } from '../../commands/show.ts';
import type { Desk } from '../desk.ts';

interface Passphrased {
  readonly kitPassphraseFile?: string;
}

interface KitOptions extends Passphrased {
  readonly config: string;
  readonly output: string;
}

interface RebuildOptions extends Passphrased {
  readonly config: string;
  readonly kit: string;
  readonly tiles: string;
}

const CONFIG = '/etc/kura/coordinator.toml';
const WITNESS_MS = 10_000;
const PASSPHRASE_FILE = [
  '--kit-passphrase-file <file>',
  "read the kit's passphrase from its first line (default: $KURA_KIT_PASSPHRASE, or asked for)",
] as const;

const KIT_HELP = `
A kit holds what a coordinator cannot make again: its secrets, its authority, and all of
its tables but what the running programs find out by themselves. It is sealed under a
passphrase of its own: whoever has both is the network. Keep it offline, and make a new
one every day. The log is kept apart, by its tiles: kura operator tiles.

Examples:
  kura operator kit --output /media/safe/kura-2026-11-21.kit
`;

const REBUILD_HELP = `
Needs an empty database and an empty state folder, as the configuration names them. The log
goes on where its tiles end; tiles that are older than what a witness has seen are refused.
What was saved after the kit was made comes back from members' cards, with whatever each
of them runs first (kura card give-back); until then nothing of theirs is removed.

Examples:
  kura operator rebuild --kit /media/safe/kura-2026-11-21.kit --tiles /media/safe/tiles
`;

/** Of the kit alone: it lies elsewhere than everything that other passphrases open. */
function secretsOf({ kitPassphraseFile: file }: Passphrased, { context }: Desk): Secrets {
  const { environment, terminal } = context;
  return secretsFrom({ file, variable: environment.KURA_KIT_PASSPHRASE, terminal });
}

function configOf(path: string, desk: Desk): CoordinatorConfig {
  const { value } = loadProgram(resolve(path), desk.context.environment);
  if (value.role === 'coordinator') return value;
  throw new KuraError('usage', `${path} is the file of a ${value.role}, not of a coordinator`, {
    guidance: 'Name the configuration of the coordinator with --config.',
  });
}

async function kit(options: KitOptions, desk: Desk): Promise<void> {
  const { output } = desk.context;
  const config = configOf(options.config, desk);
  const { readKit } = await import('@kura/coordinator/rebuild/kit.ts');
  const { linesOf } = await import('./lines-of.ts');
  const { writeKit } = await import('./kit-file.ts');
  const path = resolve(options.output);
  const passphrase = await secretsOf(options, desk).newPassphrase();
  const lines = linesOf((write) => readKit(config, write));
  await writeKit(path, lines, { passphrase, random: desk.around.random });
  const made = isoTime(desk.around.clock.nowMs());
  desk.done(`the kit of ${made} is in ${path}`, { file: path, made });
  output.note('Whoever has it and its passphrase is the network: keep it offline.');
}

async function tiles(folder: string, desk: Desk): Promise<void> {
  const { mirrorTiles } = await import('./tile-folder.ts');
  const path = resolve(folder);
  const mirrored = await desk.ask((client) => mirrorTiles(client, path));
  const { leaves, tiles: fetched } = mirrored;
  desk.done(`${plural(leaves, 'leaf', 'leaves')} of the log are in ${path}`, {
    folder: path,
    leaves,
    tiles_fetched: fetched,
  });
}

async function rebuild(options: RebuildOptions, desk: Desk): Promise<void> {
  const { output } = desk.context;
  const config = configOf(options.config, desk);
  const { parseKitLine } = await import('@kura/coordinator/rebuild/kit.ts');
  const { rebuildCoordinator } = await import('@kura/coordinator/rebuild/rebuild.ts');
  const { readKitLines } = await import('./kit-file.ts');
  const { tileFolder } = await import('./tile-folder.ts');
  const passphrase = await secretsOf(options, desk).passphrase();
  const path = resolve(options.kit);
  const { clock } = desk.around;
  const outside = openOutsideClient({ clock, connections: 1, deadlineMs: WITNESS_MS });
  try {
    const rebuilt = await rebuildCoordinator({
      ...{ config, outside, tiles: tileFolder(resolve(options.tiles)), nowMs: clock.nowMs() },
      kit: async function* () {
        for await (const line of readKitLines(path, passphrase)) yield parseKitLine(line);
      },
    });
    const { members, stores, packs, snapshots, leaves, silentWitnesses } = rebuilt;
    desk.done(
      `The coordinator is back: ${plural(members, 'member')}, ${plural(stores, 'store')}, ` +
        `${plural(packs, 'pack')}, ${plural(snapshots, 'snapshot')}, ` +
        `${plural(leaves, 'leaf', 'leaves')} of the log. Start it: kura serve coordinator`,
      { members, stores, packs, snapshots, leaves, silent_witnesses: [...silentWitnesses] },
    );
    for (const name of silentWitnesses) {
      output.note(`Witness ${name} did not answer; it is asked again when the coordinator runs.`);
    }
  } finally {
    outside.close();
  }
}

export function registerKit(command: Command, desk: Desk): void {
  command
    .command('kit')
    .description('write what a lost coordinator is brought back from, sealed')
    .option('--config <file>', 'of the coordinator on this machine', CONFIG)
    .requiredOption('-o, --output <file>', 'a new file')
    .option(...PASSPHRASE_FILE)
    .addHelpText('after', KIT_HELP)
    .action((options: KitOptions) => kit(options, desk));
  command
    .command('tiles')
    .description('copy the tiles of the log, or what is new of them, into a folder')
    .argument('<folder>', 'laid out as C2SP tlog-tiles has it')
    .addHelpText('after', '\nExamples:\n  kura operator tiles /media/safe/tiles\n')
    .action((folder: string) => tiles(folder, desk));
  command
    .command('rebuild')
    .description('bring back a coordinator that was lost with its database')
    .option('--config <file>', 'of the coordinator on this machine', CONFIG)
    .requiredOption('--kit <file>', 'the newest kit')
    .requiredOption('--tiles <folder>', 'the newest copy of the tiles')
    .option(...PASSPHRASE_FILE)
    .addHelpText('after', REBUILD_HELP)
    .action((options: RebuildOptions) => rebuild(options, desk));
}

// `kura hazards replay`: a real disaster, or any other series of messages, played through a whole network on its own
// clock. Everything happens in memory; no network of the user's is touched.
import { resolve } from 'node:path';
import { DAY_MS, MIB } from '@kura/base';
import { wrong } from '@kura/coordinator/hazards/replay/fields.ts';
import { type Manifest, readManifest } from '@kura/coordinator/hazards/replay/manifest.ts';
import {
  type NetworkPlan,
  readNetworkFile,
} from '@kura/coordinator/hazards/replay/network-plan.ts';
import { type Command, Option } from 'commander';
import { readInputFile } from '../cli/input-file.ts';
import { wholeNumber } from '../cli/options.ts';
import type { CommandContext } from '../commands/types.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { isNews } from '../replay/moment.ts';

interface ReplayOptions {
  readonly network?: string;
  readonly playOn: number;
}

const MAX_BYTES = 4 * MIB;

const HELP = `
A manifest names places, a network, files of recorded messages with the time at which each
was first known, and checks. Messages become known as feeds are asked; packs are really
stored, moved over simulated lines and verified; nothing leaves this process. It ends with
one verdict per check, and with exit code 1 if one is violated.

What a manifest and a network file hold: docs/design/replay.md.

Examples:
  kura hazards replay data/hazards/replay/hokkaido-2018.json
  kura hazards replay florence-2018.json --network six-stores.json --json
`;

function readPlan(
  manifest: Manifest,
  path: string | undefined,
  context: CommandContext,
): NetworkPlan {
  if (path === undefined) {
    if (manifest.network !== undefined) return manifest.network;
    throw wrong('network', 'is missing: a manifest without one is played with --network FILE');
  }
  const file = { path: resolve(path), noun: 'network file', maxBytes: MAX_BYTES };
  const { plan, unknown } = readNetworkFile(readInputFile(file));
  warnOf(unknown, path, context);
  return plan;
}

function warnOf(unknown: readonly string[], path: string, { output }: CommandContext): void {
  for (const field of unknown) output.warning(`${path}: nobody reads the field "${field}"`);
}

async function run(path: string, options: ReplayOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const file = { path: resolve(path), noun: 'manifest', maxBytes: MAX_BYTES };
  const manifest = readManifest(readInputFile(file));
  warnOf(manifest.unknown, path, context);
  const plan = readPlan(manifest, options.network, context);
  const { readDataFiles } = await import('../replay/data-files.ts');
  const files = readDataFiles(file.path, manifest);
  const { Account, verdictLines } = await import('../replay/account.ts');
  const { recordsOf, verdictRecord } = await import('../replay/record.ts');
  const { playReplay } = await import('../replay/play.ts');
  output.line(manifest.name);
  const account = new Account();
  const { verdicts, named } = await playReplay({
    ...{ manifest, plan, files, playOnMs: options.playOn * DAY_MS },
    onMoment: (moment, names) => {
      if (!isNews(moment)) return;
      output.lines(account.lines(moment, names));
      for (const record of recordsOf(moment, names)) output.record(record);
    },
  });
  output.line();
  output.lines(verdictLines(verdicts, named));
  for (const verdict of verdicts) output.record(verdictRecord(verdict, named));
  if (verdicts.some(({ violated }) => violated)) context.exitWith(EXIT.failed);
}

export function registerReplay(command: Command, context: CommandContext): void {
  command
    .command('replay')
    .description('Plays recorded messages through a whole network, and checks what it does.')
    .argument('<manifest>', 'JSON file: data/hazards/replay/SCHEMA.md')
    .option('--network <file>', 'JSON file of stores and members, in place of the manifest’s')
    .addOption(
      new Option('--play-on <days>', 'go on for so long after the last step and check')
        .argParser(wholeNumber(0, 365))
        .default(0),
    )
    .addHelpText('after', HELP)
    .action((manifest: string, options: ReplayOptions) => run(manifest, options, context));
}

// `npm start [-- FOLDER…]`: what Kura is for, in one command. It founds a network of three stores on this disk,
// saves the folders, loses a store on purpose, brings everything back and repairs the network. Only the
// telling is here and in scripts/start/; all work is done by the services behind the commands.
import { existsSync, lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { excludeMatcher, patternOf } from '@kura/agent/backup/exclude.ts';
import { type ByteString, KuraError } from '@kura/base';
import { findHome } from '@kura/kura/cli/home.ts';
import { EXIT, type ExitCode } from '@kura/kura/errors/exit-codes.ts';
import { printError } from '@kura/kura/errors/print.ts';
import type { Sink } from '@kura/kura/output/output.ts';
import { paint, wantsColour } from '@kura/kura/output/style.ts';
import { isFounded, type Places, placesBeside } from './start/places.ts';
import { findSecrets } from './start/secrets.ts';
import { Stage, shortPath } from './start/stage.ts';
import { beginNetwork, bringBack, lose, restoreStrength, save, showCopies } from './start/steps.ts';

const { env, stdout, stderr } = process;
/** npm runs scripts in the root of the project; a person means the folder that they are in. */
const HERE = env.INIT_CWD ?? process.cwd();
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_FOLDERS = ['docs', 'apps'];

function sinkOf(stream: NodeJS.WriteStream, isTerminal: boolean): Sink {
  return {
    write: (text) => stream.write(text),
    colour: wantsColour({ isTerminal, noColor: env.NO_COLOR, term: env.TERM }),
  };
}

function foldersOf(named: readonly string[]): readonly string[] {
  if (named.length === 0) return DEFAULT_FOLDERS.map((name) => join(ROOT, name));
  return named.map((name) => {
    if (name.startsWith('-')) {
      throw new KuraError('usage', `npm start knows no option ${name}`, {
        guidance: 'Write: npm start -- FOLDER…',
      });
    }
    const path = resolve(HERE, name);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new KuraError('not_found', `there is nothing at ${path}`, {
        guidance: 'Write: npm start -- FOLDER…, or nothing for docs and apps of this project.',
      });
    }
    return path;
  });
}

/** What the demonstration itself writes is not saved: it would grow with every run. */
function ownFolders({ home, stores, restored }: Places): readonly string[] {
  return [home, stores, restored].map(patternOf);
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted);
      controller.abort(new KuraError('interrupted', 'interrupted'));
    });
  }
  return controller.signal;
}

function tellHowToGoOn(stage: Stage, city: string): void {
  const { places } = stage;
  const standard = findHome({
    option: undefined,
    variable: undefined,
    dataHome: env.XDG_DATA_HOME,
  });
  stage.title(`${city} is lost, and not one byte with it.`, 'Go on with the same network:');
  stage.line();
  if (places.home !== standard) stage.line(`export KURA_HOME=${shortPath(places.home)}`);
  if (existsSync(places.passphraseFile)) {
    stage.line(`export KURA_PASSPHRASE="$(cat ${shortPath(places.passphraseFile)})"`);
  }
  stage.lines(['./kura snapshots', './kura ls latest', './kura copies latest', './kura check']);
  stage.line();
  stage.line(`\`npm start\` once more brings ${city} back first, and saves only what has changed.`);
}

async function run(): Promise<ExitCode> {
  const places = placesBeside(
    findHome({ option: undefined, variable: env.KURA_HOME, dataHome: env.XDG_DATA_HOME }),
  );
  const paths = foldersOf(process.argv.slice(2));
  const isThere = isFounded(places);
  const stage = new Stage({
    places,
    here: HERE,
    secrets: findSecrets(places, { isFounded: isThere, variable: env.KURA_PASSPHRASE }),
    out: sinkOf(stdout, isatty(1)),
    err: sinkOf(stderr, isatty(2)),
    errColumns: isatty(2) ? () => stderr.columns : undefined,
    signal: stopOnSignals(),
  });
  stage.title(
    'Kura 蔵',
    'Your files, sealed here, kept where the disaster that takes your home cannot reach.',
  );
  const exclude = ownFolders(places);
  const network = await beginNetwork(stage, isThere);
  const saved = await save(stage, paths, exclude);
  const { snapshotId, problemCount } = saved;
  if (snapshotId === undefined) throw new RangeError('a backup without a snapshot');
  const sums = await showCopies(stage, snapshotId, network);
  const city = lose(stage, sums);
  const isExcluded = excludeMatcher(exclude);
  const unread = new Set<string>(saved.problems.map(({ path }) => path));
  const compared = await bringBack(stage, snapshotId, {
    paths,
    isExcluded: (path) => unread.has(path) || isExcluded(path as ByteString, false),
  });
  const isWhole = await restoreStrength(stage);
  if (compared.differenceCount > 0 || !isWhole) {
    stage.title(paint('bad', 'Not everything is as it should be: see above.'));
    return EXIT.failed;
  }
  tellHowToGoOn(stage, city);
  if (problemCount > 0) stage.warning(`${problemCount} could not be read, and are not saved`);
  return problemCount > 0 ? EXIT.sourceUnreadable : EXIT.done;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.exitCode = printError(error, sinkOf(stderr, isatty(2)), { json: false, verbose: false });
}

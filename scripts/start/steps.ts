// The steps of the demonstration, each over the services behind the commands. None decides anything that a
// command would not; together they are the promise of Kura, shown instead of told.
import { existsSync, mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { type ByteString, byteString, displayName, formatBytes, type SnapshotId } from '@kura/base';
import { distanceKm } from '@kura/coordinator';
import { shortId } from '@kura/kura/cli/select.ts';
import { NO_LIMITS } from '@kura/kura/commands/requests.ts';
import { plural } from '@kura/kura/commands/show.ts';
import type { BackupView, NetworkView, StoreView } from '@kura/kura/commands/views.ts';
import { EXIT } from '@kura/kura/errors/exit-codes.ts';
import { paint } from '@kura/kura/output/style.ts';
import { type Column, tableLines } from '@kura/kura/output/table.ts';
import { type Comparison, compareTrees } from './compare.ts';
import { copyLines, kilometres, type StoreSum, sumCopies } from './copies.ts';
import { bringBackLost, HOME_CITY, loseStore, refuseOthers, storeFolders } from './places.ts';
import { writeSecret } from './secrets.ts';
import { type Stage, shortPath } from './stage.ts';

const COPIES = 2;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** 1: founds the network, or finds it as an earlier run left it. */
export async function beginNetwork(stage: Stage, isFounded: boolean): Promise<NetworkView> {
  const { places } = stage;
  stage.step(isFounded ? 'The network of the last time' : 'A network of three stores');
  const backAgain = bringBackLost(places);
  const network = await stage.withServices(async (services) => {
    if (isFounded) return (await services.member()).network;
    const [...folders] = storeFolders(places);
    const stores = folders.map((folder) => ({ folder, place: folder.split('/').at(-1) ?? '' }));
    const founded = await services.init({ stores, home: HOME_CITY, copies: COPIES });
    writeSecret(places.wordsFile, await services.recoveryWords('english'));
    return founded;
  });
  refuseOthers(network, places);
  stage.line(
    `Home is ${network.home.cityName}. Each store is a folder here that stands for a city:`,
  );
  stage.line();
  stage.lines(storeLines(network));
  for (const folder of backAgain) {
    const city = network.stores.find((store) => store.folder === folder)?.cityName;
    stage.line();
    stage.line(`${city ?? folder}, lost the last time, is back.`);
  }
  stage.line();
  tellSecrets(stage);
  return network;
}

function storeLines({ home, stores }: NetworkView): readonly string[] {
  const columns: readonly Column<StoreView>[] = [
    { title: 'Store', cell: ({ cityName }) => cityName },
    {
      title: 'From home',
      align: 'right',
      cell: (store) => kilometres(distanceKm(store, home)),
    },
    { title: 'Folder', cell: ({ folder }) => shortPath(folder) },
  ];
  return tableLines(columns, stores);
}

function tellSecrets(stage: Stage): void {
  const { places, secrets } = stage;
  if (secrets.newPassphrase !== undefined) {
    stage.fact('passphrase', paint('strong', secrets.newPassphrase));
    stage.fact('', `shown this once; kept in ${shortPath(places.passphraseFile)}`);
  }
  if (existsSync(places.wordsFile)) {
    stage.fact('recovery words', shortPath(places.wordsFile));
    stage.fact('', 'They and one store bring everything back: print them, take them away.');
  } else {
    stage.fact('recovery words', 'not in KURA_HOME any more, as it should be');
  }
}

/** 2: one snapshot of the folders. */
export async function save(
  stage: Stage,
  paths: readonly string[],
  exclude: readonly string[],
): Promise<BackupView> {
  stage.step(`Sealing ${paths.map(stage.pathFromHere).join(' and ')}`);
  const saved = await stage.withServices((services) =>
    services.backup({
      paths: paths.map(byteString),
      exclude,
      excludeCaches: false,
      oneFileSystem: false,
      kind: 'auto',
      hostname: hostname(),
      username: userName(),
      tags: ['npm-start'],
      dryRun: false,
      stream: undefined,
      limits: NO_LIMITS,
    }),
  );
  const { statistics, problems, problemCount } = saved;
  const { filesNew, filesChanged, filesUnmodified, dataAdded, dataAddedPacked } = statistics;
  const size = formatBytes(statistics.totalBytesProcessed);
  const { totalFilesProcessed: count, durationMs } = statistics;
  stage.fact('read', `${plural(count, 'file')}, ${size}, in ${seconds(durationMs)}`);
  stage.fact('of them', `${filesNew} new, ${filesChanged} changed, ${filesUnmodified} as before`);
  const packed = formatBytes(dataAddedPacked);
  stage.fact('sealed', `${formatBytes(dataAdded)} of new data, in packs of fixed size: ${packed}`);
  const id = shortId(saved.snapshotId ?? '');
  stage.fact('snapshot', `${id} (${saved.kind}), ${saved.copiesMin} copies of everything`);
  for (const { path, why } of problems.slice(0, 10)) stage.warning(problemText(path, why));
  if (problemCount > 10) stage.warning(`and ${problemCount - 10} more`);
  return saved;
}

/** Most reasons name the path already. */
function problemText(path: ByteString, why: string): string {
  const name = displayName(path);
  return why.includes(name) ? why : `${name}: ${why}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a user id without a name: containers
  }
}

/** 3: the table of the copies. */
export async function showCopies(
  stage: Stage,
  snapshot: SnapshotId,
  { home }: NetworkView,
): Promise<readonly StoreSum[]> {
  stage.step('Where the copies lie');
  const sums = await stage.withServices((services) => sumCopies(services, snapshot, home));
  stage.lines(copyLines(sums));
  return sums;
}

/** 4: loses the store that holds most; of several, the one nearest to home, as a disaster there would. */
export function lose(stage: Stage, sums: readonly StoreSum[]): string {
  const most = Math.max(...sums.map(({ copies }) => copies));
  const lost = sums.find(({ copies }) => copies === most);
  if (lost === undefined) throw new RangeError('a snapshot without a copy');
  const { store, copies } = lost;
  stage.step(`Losing ${store.cityName}, on purpose`);
  const away = loseStore(store.folder);
  stage.fact('gone', `${plural(copies, 'copy', 'copies')}, without a word to the network`);
  stage.fact('moved to', shortPath(away));
  return store.cityName;
}

/** 5: everything, into a new folder, compared with what is there. */
export async function bringBack(
  stage: Stage,
  snapshot: SnapshotId,
  what: { readonly paths: readonly string[]; readonly isExcluded: (path: string) => boolean },
): Promise<Comparison> {
  stage.step('Bringing everything back, from what is left');
  const { restored } = stage.places;
  const target = join(restored, shortId(snapshot));
  mkdirSync(restored, { recursive: true, mode: 0o700 });
  const view = await stage.withServices((services) =>
    services.restore({
      snapshot,
      path: byteString('/'),
      target: byteString(target),
      matches: undefined,
      overwrite: 'always',
      delete: false,
      verify: false,
      dryRun: false,
      sparse: false,
      limits: NO_LIMITS,
      from: undefined,
      isRandom: false,
      acceptOlder: false,
    }),
  );
  stage.fact('restored', `${formatBytes(view.bytes)} in ${seconds(view.durationMs)}`);
  stage.fact('into', shortPath(target));
  const progress = stage.beginProgress();
  const compared = await compareTrees(what.paths.map(byteString), byteString(target), {
    isExcluded: what.isExcluded,
    signal: stage.signal,
    onFile: ({ files, bytes }) =>
      progress.update({ phase: 'comparing', filesDone: files, bytesDone: bytes }),
  });
  tellComparison(stage, compared);
  return compared;
}

function tellComparison(stage: Stage, compared: Comparison): void {
  const { files, folders, differences, differenceCount } = compared;
  stage.fact('compared', `${plural(files, 'file')} and ${plural(folders, 'folder')}, byte by byte`);
  if (differenceCount === 0) {
    stage.fact('', paint('good', 'Nothing differs.'));
    return;
  }
  stage.fact('', paint('bad', `${plural(differenceCount, 'difference')}:`));
  for (const { path, what } of differences) {
    stage.fact('', `${displayName(path as ByteString)} ${what}`);
  }
  stage.fact('', 'A file that was changed just now differs, too: then run it again.');
}

/** 6: what `kura check --repair` does. True if everything is at full strength afterwards. */
export async function restoreStrength(stage: Stage): Promise<boolean> {
  stage.step('Back to full strength');
  const readData = { kind: 'none' } as const;
  await stage.withServices(async (services) => {
    const hurt = await services.check({ readData, acceptOlder: false });
    const packs = `${hurt.hurtPackCount} of ${plural(hurt.packs, 'pack')}`;
    stage.fact('check', `${packs} below strength, ${hurt.lostPackCount} lost`);
    if (hurt.hurtPackCount === 0) return;
    stage.fact('', `\`kura check\` ends with ${EXIT.degraded}: everything can be restored`);
    const { steps } = await services.planRepair();
    const done = await services.repair();
    const cities = [...new Set(steps.map(({ cityName }) => cityName))].join(' and ');
    const copies = plural(done.copiesWritten, 'copy', 'copies');
    stage.fact('repair', `${copies} written anew in ${cities}, ${formatBytes(done.bytesWritten)}`);
  });
  const after = await stage.withServices((services) =>
    services.check({ readData: { kind: 'all' }, acceptOlder: false }),
  );
  const isWhole = after.hurtPackCount === 0;
  const read = `${plural(after.copiesRead, 'copy', 'copies')} read whole`;
  const state = isWhole ? paint('good', 'everything is whole') : paint('bad', 'not whole');
  stage.fact('check', `${read}: ${state}`);
  return isWhole;
}

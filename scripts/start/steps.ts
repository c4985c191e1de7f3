// The steps of the demonstration, each over the services behind the commands. None decides anything that a
// command would not; together they are the promise of Kura, shown instead of told.
import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { type ByteString, byteString, displayName, formatBytes, type SnapshotId } from '@kura/base';
import { distanceKm } from '@kura/coordinator';
import { shortId } from '@kura/kura/cli/select.ts';
import { plural } from '@kura/kura/commands/show.ts';
import type { BackupView, NetworkView, StoreView } from '@kura/kura/commands/views.ts';
import { EXIT } from '@kura/kura/errors/exit-codes.ts';
import { paint } from '@kura/kura/output/style.ts';
import { type Comparison, compareTrees } from './compare.ts';
import { copyLines, kilometres, type StoreSum, sumCopies } from './copies.ts';
import { bringBackLost, HOME_CITY, loseStore, refuseOthers, storeFolders } from './places.ts';
import { writeSecret } from './secrets.ts';
import { type Stage, shortPath } from './stage.ts';

const COPIES = 2;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** 1: founds the network, or finds it as an earlier run left it. */
export async function beginNetwork(stage: Stage, isFounded: boolean): Promise<NetworkView> {
  const { places, secrets } = stage;
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
  stage.fact('home', `${network.home.cityName}: this computer`);
  for (const store of network.stores) tellStore(stage, store, network);
  for (const folder of backAgain) {
    const city = network.stores.find((store) => store.folder === folder)?.cityName;
    stage.line(`${city ?? folder}, lost the last time, is back.`);
  }
  stage.line();
  if (secrets.newPassphrase !== undefined) {
    stage.fact('passphrase', paint('strong', secrets.newPassphrase));
    stage.fact('', `shown this once; also in ${shortPath(places.passphraseFile)}`);
  }
  stage.fact('recovery words', shortPath(places.wordsFile));
  stage.fact('', 'Print them and take them away from here: they and one store bring all back.');
  return network;
}

function tellStore(stage: Stage, store: StoreView, { home }: NetworkView): void {
  const away = kilometres(distanceKm(store, home));
  stage.fact('store', `${store.cityName}, ${away} away: ${shortPath(store.folder)}`);
}

/** 2: one snapshot of the folders. */
export async function save(
  stage: Stage,
  paths: readonly string[],
  isExcluded: (path: string) => boolean,
): Promise<BackupView> {
  stage.step(`Sealing ${paths.map(shortPath).join(' and ')}`);
  const saved = await stage.withServices((services) =>
    services.backup({
      paths: paths.map(byteString),
      isExcluded,
      excludeCaches: false,
      oneFileSystem: false,
      kind: 'auto',
      hostname: hostname(),
      username: userName(),
      tags: ['npm-start'],
      dryRun: false,
      stream: undefined,
    }),
  );
  const { statistics, problems, problemCount } = saved;
  const { filesNew, filesChanged, filesUnmodified, dataAdded } = statistics;
  const size = formatBytes(statistics.totalBytesProcessed);
  const { totalFilesProcessed: count, durationMs } = statistics;
  stage.fact('read', `${plural(count, 'file')}, ${size}, in ${seconds(durationMs)}`);
  stage.fact('of them', `${filesNew} new, ${filesChanged} changed, ${filesUnmodified} as before`);
  stage.fact('sealed and sent', `${formatBytes(dataAdded)}, compressed and padded, to each store`);
  const id = shortId(saved.snapshotId ?? '');
  stage.fact('snapshot', `${id} (${saved.kind}), ${saved.copiesMin} copies of everything`);
  for (const { path, why } of problems.slice(0, 10)) stage.warning(`${displayName(path)}: ${why}`);
  if (problemCount > 10) stage.warning(`and ${problemCount - 10} more`);
  return saved;
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

/** 4: loses the store nearest to home: whatever strikes there is most likely to reach it. */
export function lose(stage: Stage, sums: readonly StoreSum[]): string {
  const [nearest] = sums;
  if (nearest === undefined) throw new RangeError('a snapshot without a copy');
  const { store, copies } = nearest;
  stage.step(`Losing ${store.cityName}, on purpose`);
  const away = loseStore(store.folder);
  stage.line(
    `${plural(copies, 'copy is', 'copies are')} gone with it, and nothing was told before.`,
  );
  stage.line(`(Its folder is now ${shortPath(away)}.)`);
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
    }),
  );
  stage.fact('restored', `${formatBytes(view.bytes)} in ${seconds(view.durationMs)}`);
  stage.fact('into', shortPath(target));
  const compared = await compareTrees(what.paths.map(byteString), byteString(target), {
    isExcluded: what.isExcluded,
    signal: stage.signal,
    onFile: ({ files, bytes }) =>
      stage.progress.update({ phase: 'comparing', filesDone: files, bytesDone: bytes }),
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
    const hurt = await services.check({ readData });
    const packs = `${hurt.hurtPackCount} of ${plural(hurt.packs, 'pack')}`;
    stage.fact('check', `${packs} below strength, ${hurt.lostPackCount} lost`);
    stage.fact('', `(\`kura check\` ends with ${EXIT.degraded}: all can be restored)`);
    const { steps } = await services.planRepair();
    const done = await services.repair();
    const cities = [...new Set(steps.map(({ cityName }) => cityName))].join(' and ');
    const copies = plural(done.copiesWritten, 'copy', 'copies');
    stage.fact('repair', `${copies} written anew in ${cities}, ${formatBytes(done.bytesWritten)}`);
  });
  const after = await stage.withServices((services) =>
    services.check({ readData: { kind: 'all' } }),
  );
  const isWhole = after.hurtPackCount === 0;
  const read = `${plural(after.copiesRead, 'copy', 'copies')} read whole`;
  const state = isWhole ? paint('good', 'everything is whole') : paint('bad', 'not whole');
  stage.fact('check', `${read}: ${state}`);
  return isWhole;
}

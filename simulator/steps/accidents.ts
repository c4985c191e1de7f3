// What the world does: rot, fire, a disk that is pulled out or full, a power cut, a cache that is lost. Never
// more than one store is hurt before strength is back, since nothing could be promised then.
import type { CopyId } from '@kura/base';
import { isCopyName, leafPosition, shelfPaths } from '@kura/store/shelf/layout.ts';
import type { StoreSite } from '../machine.ts';
import type { Simulation } from '../simulation.ts';
import { refuseFailure } from './save.ts';

const MAX_STORES_EVER = 7;
/** One or a few copies: more would be room enough for most commands. */
const SMALL_ROOM_BYTES = 80_000;
const EVERY_BYTES = 1000;

function pickHurtable(simulation: Simulation): StoreSite | undefined {
  const stores = simulation.machine.stores.filter((store) => simulation.mayHurt(store));
  return stores.length === 0 ? undefined : simulation.machine.random.pick(stores);
}

/** Some copies on one store rot: a few bytes, many, the end, or the whole file. */
export function rot(simulation: Simulation): void {
  const { machine, model } = simulation;
  const { random } = machine;
  const store = pickHurtable(simulation);
  if (store?.site.isMounted !== true) return;
  const { site, identity } = store;
  const copies = site.medium.files(shelfPaths(site.folder).copies);
  if (copies.length === 0) return;
  model.hurt.add(identity.storeId);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const path = random.pick(copies);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (isCopyName(name)) rotCopy(simulation, store, { path, copyId: name });
  }
}

interface CopyFile {
  readonly path: string;
  readonly copyId: CopyId;
}

function rotCopy(simulation: Simulation, { site, identity }: StoreSite, file: CopyFile): void {
  const { machine, model, figures } = simulation;
  const { random, shape, coverage } = machine;
  const { medium } = site;
  const { path, copyId } = file;
  const sizeBytes = medium.stat(path)?.sizeBytes ?? 0;
  if (sizeBytes === 0) return;
  figures.rot++;
  const say = (what: string): void =>
    simulation.say(`  ${what} at ${site.name}: ${copyId.slice(0, 12)}`);
  const flip = (position: number): void => {
    const original = medium.peek(path)[position];
    if (original === undefined) return;
    medium.flip(path, position, 1 << random.below(8));
    if (model.rot.some((one) => one.path === path && one.position === position)) return;
    model.rot.push({ storeId: identity.storeId, copyId, path, position, original });
  };
  const draw = random.below(8);
  if (draw === 0) {
    coverage.note('copy gone');
    say('a file is gone');
    medium.burn(path);
  } else if (draw === 1) {
    coverage.note('copy cut short');
    say('a file is cut short');
    medium.openRead(path).truncate(random.below(sizeBytes));
  } else if (draw === 2) {
    coverage.note('copy rotten all over');
    say('every thousandth byte rots');
    flip(random.below(shape.leafBytes));
    for (let at = 1; at < sizeBytes; at += EVERY_BYTES) medium.flip(path, at);
  } else {
    coverage.note('copy rotten in places');
    say('some bytes rot');
    for (let flips = 1 + random.below(6); flips > 0; flips--) {
      const leaf = random.below(shape.packLeaves[0]);
      flip(leafPosition(shape.leafBytes, leaf) + random.below(shape.leafBytes));
    }
  }
}

/** A file somewhere below the agent's caches rots, or all of them are thrown away. */
export function hurtCaches(simulation: Simulation): void {
  const { machine } = simulation;
  const { medium, folder } = machine.home;
  const files = medium.files(`${folder}/agent`);
  if (files.length === 0) return;
  if (machine.random.below(2) === 0) {
    machine.coverage.note('caches lost');
    simulation.say('  the agent loses its caches');
    medium.burn(`${folder}/agent`);
    return;
  }
  const path = machine.random.pick(files);
  const size = medium.stat(path)?.sizeBytes ?? 0;
  if (size === 0) return;
  machine.coverage.note('cache rotten');
  simulation.say(`  rot at home in ${path.slice(folder.length)}`);
  medium.flip(path, machine.random.below(size), 1 << machine.random.below(8));
}

export function burn(simulation: Simulation): void {
  const store = pickHurtable(simulation);
  if (store === undefined) return;
  simulation.machine.coverage.note('store burnt');
  simulation.say(`  ${store.site.name} burns`);
  simulation.model.hurt.add(store.identity.storeId);
  store.site.replaceMedium();
}

/** The store whose disk is not there, if there is one. */
export function away({ machine }: Simulation): StoreSite | undefined {
  return machine.stores.find(({ site }) => !site.isMounted);
}

/** A disk is pulled out. */
export function unmount(simulation: Simulation): void {
  const store = pickHurtable(simulation);
  if (store === undefined) return;
  simulation.machine.coverage.note('store away');
  simulation.say(`  ${store.site.name} is unmounted`);
  simulation.model.hurt.add(store.identity.storeId);
  store.site.isMounted = false;
}

export function mount(simulation: Simulation): void {
  const store = away(simulation);
  if (store === undefined) return;
  simulation.machine.coverage.note('store back');
  simulation.say(`  ${store.site.name} is back`);
  store.site.isMounted = true;
}

/** A disk is nearly full. */
export function fill(simulation: Simulation): void {
  const { machine } = simulation;
  const { random, home, stores, coverage } = machine;
  const { medium, name } = random.pick([home, ...stores.map(({ site }) => site)]);
  medium.capacityBytes = medium.usedBytes + random.below(SMALL_ROOM_BYTES);
  coverage.note('disk nearly full');
  simulation.say(`  ${name} is nearly full`);
}

/** There is room again everywhere. */
export function makeRoom(simulation: Simulation): void {
  const { home, stores } = simulation.machine;
  simulation.say('  there is room again');
  for (const { medium } of [home, ...stores.map(({ site }) => site)]) {
    medium.capacityBytes = Number.MAX_SAFE_INTEGER;
  }
}

export function powerCut(simulation: Simulation): void {
  simulation.say('  the power goes');
  simulation.machine.powerLoss();
}

/** The store whose disk is there and empty, if there is one. */
export function burnt({ machine }: Simulation): StoreSite | undefined {
  if (machine.stores.length >= MAX_STORES_EVER) return undefined;
  return machine.stores.find(
    ({ site }) => site.isMounted && site.medium.stat(site.folder) === undefined,
  );
}

/** A burnt store is given up and another one is founded. */
export async function replaceStore(simulation: Simulation): Promise<void> {
  const { machine } = simulation;
  const lost = burnt(simulation);
  if (lost === undefined) return;
  const { site, identity } = await machine.foundStore();
  simulation.say(`  ${site.name} takes the place of ${lost.site.name}`);
  const outcome = await simulation.run({
    name: 'replace',
    work: async ({ coordinator }) => {
      await coordinator.registerStore(machine.registrationOf({ site, identity }));
      await coordinator.setStoreState(lost.identity.storeId, 'lost');
    },
  });
  refuseFailure('replace', outcome, true);
  machine.coverage.note('store replaced');
  machine.stores.splice(machine.stores.indexOf(lost), 1);
}

// What the world does: rot, fire, a disk that is pulled out or full, a power cut, a cache that is lost. Never
// more than one store is hurt before strength is back, since nothing could be promised then.
import { isCopyName, leafPosition, shelfPaths } from '@kura/store/shelf/layout.ts';
import type { StoreSite } from '../machine.ts';
import type { Simulation } from '../simulation.ts';
import { refuseFailure } from './save.ts';

const MAX_STORES_EVER = 7;
const SMALL_ROOM_BYTES = 200_000;

function pickHurtable(simulation: Simulation): StoreSite | undefined {
  const stores = simulation.machine.stores.filter((store) => simulation.mayHurt(store));
  return stores.length === 0 ? undefined : simulation.machine.random.pick(stores);
}

/** Bytes change in some copies on one store; seldom more than parity can heal. */
export function rot(simulation: Simulation): void {
  const { machine, model, figures } = simulation;
  const { random } = machine;
  const store = pickHurtable(simulation);
  if (store?.site.isMounted !== true) return;
  const { site, identity } = store;
  const { medium } = site;
  const copies = medium.files(shelfPaths(site.folder).copies);
  if (copies.length === 0) return;
  model.hurt.add(identity.storeId);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const path = random.pick(copies);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!isCopyName(name)) continue;
    simulation.say(`  rot at ${site.name} in ${name.slice(0, 12)}`);
    for (let flips = 1 + random.below(6); flips > 0; flips--) {
      const leaf = random.below(machine.shape.packLeaves[0]);
      const position =
        leafPosition(machine.shape.leafBytes, leaf) + random.below(machine.shape.leafBytes);
      const original = medium.peek(path)[position] ?? 0;
      medium.flip(path, position, 1 << random.below(8));
      const rotten = { storeId: identity.storeId, copyId: name, path, position, original };
      if (!model.rot.some((one) => one.path === path && one.position === position))
        model.rot.push(rotten);
      figures.rot++;
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
    simulation.say('  the agent loses its caches');
    medium.burn(`${folder}/agent`);
    return;
  }
  const path = machine.random.pick(files);
  const size = medium.stat(path)?.sizeBytes ?? 0;
  if (size === 0) return;
  simulation.say(`  rot at home in ${path.slice(folder.length)}`);
  medium.flip(path, machine.random.below(size), 1 << machine.random.below(8));
}

export function burn(simulation: Simulation): void {
  const store = pickHurtable(simulation);
  if (store === undefined) return;
  simulation.say(`  ${store.site.name} burns`);
  simulation.model.hurt.add(store.identity.storeId);
  store.site.replaceMedium();
}

/** A disk is pulled out, or comes back. */
export function mount(simulation: Simulation): void {
  const away = simulation.machine.stores.find(({ site }) => !site.isMounted);
  if (away !== undefined) {
    simulation.say(`  ${away.site.name} is back`);
    away.site.isMounted = true;
    return;
  }
  const store = pickHurtable(simulation);
  if (store === undefined) return;
  simulation.say(`  ${store.site.name} is unmounted`);
  simulation.model.hurt.add(store.identity.storeId);
  store.site.isMounted = false;
}

/** A disk is nearly full, or there is room again everywhere. */
export function fill(simulation: Simulation): void {
  const { machine } = simulation;
  const sites = [machine.home, ...machine.stores.map(({ site }) => site)];
  const full = sites.filter(({ medium }) => medium.capacityBytes !== Number.MAX_SAFE_INTEGER);
  if (full.length > 0) {
    simulation.say('  there is room again');
    for (const { medium } of full) medium.capacityBytes = Number.MAX_SAFE_INTEGER;
    return;
  }
  const { medium, name } = machine.random.pick(sites);
  medium.capacityBytes = medium.usedBytes + machine.random.below(SMALL_ROOM_BYTES);
  simulation.say(`  ${name} is nearly full`);
}

export function powerCut(simulation: Simulation): void {
  simulation.say('  the power goes');
  simulation.machine.powerLoss();
}

/** A burnt store is given up and another one is founded. */
export async function replaceStore(simulation: Simulation): Promise<void> {
  const { machine } = simulation;
  const lost = machine.stores.find(
    ({ site }) => site.isMounted && site.medium.stat(site.folder) === undefined,
  );
  if (lost === undefined || machine.stores.length >= MAX_STORES_EVER) return;
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
  machine.stores.splice(machine.stores.indexOf(lost), 1);
}

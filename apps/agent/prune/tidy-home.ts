// Takes out of the home what caches keep for nobody: copies of packs that are no more, and of packs that were never
// finished. Only when no other session lives: a pack that is being written has no row yet.
import type { PackId } from '@kura/base';
import type { PrunePorts } from './prune.ts';

export async function tidyHome(ports: PrunePorts): Promise<void> {
  const { disk, home, coordinator, destroyer } = ports;
  if (disk.stat(home.packFolder) === undefined) return;
  const names = disk.list(home.packFolder).map((entry) => entry.name);
  const gone: string[] = [];
  for (const name of names) {
    if ((await coordinator.pack(name as PackId)) === undefined) gone.push(name);
  }
  if (!(await destroyer.isAlone())) return;
  for (const name of gone) {
    const path = `${home.packFolder}/${name}`;
    if (disk.stat(path) !== undefined) disk.unlink(path);
  }
}

// A founded folder shelf for the tests of this app: on any disk, with people around it.

import type { Disk } from '@kura/base';
import { type CopyId, type NetworkShape, SMALL_SHAPE } from '@kura/base';
import { loadNative } from '@kura/native';
import type { Founding } from '@kura/testing';
import { type FolderShelf, type OpenShelfOptions, openFolderShelf } from './folder-shelf.ts';
import { foundShelf } from './found.ts';
import { leafPosition } from './shelf/layout.ts';
import type { Processes } from './shelf/sweep.ts';

export const FOLDER = '/place/store';
const START_MS = 0;

/** A process of its own per life, so that what an earlier life left is stale. */
export function processesOf(id: number): Processes {
  return { id, startedMs: START_MS, lives: (other) => other === id };
}

export async function foundTestShelf(
  disk: Disk,
  around: Founding,
  { folder = FOLDER, shape = SMALL_SHAPE }: { folder?: string; shape?: NetworkShape } = {},
): Promise<void> {
  await foundShelf({
    disk,
    folder,
    place: { city: 'tokyo', lat: 35.68, lon: 139.69, powerArea: 'JP-50' },
    suite: 'aes-256-ctr',
    shape,
    ownerKeys: around.ownerKeys,
    coordinatorKey: around.coordinatorKey,
    random: around.random,
    clock: around.clock,
    processId: 1,
  });
}

export function openTestShelf(
  disk: Disk,
  around: Founding,
  change: Partial<OpenShelfOptions> = {},
): FolderShelf {
  return openFolderShelf({
    disk,
    folder: FOLDER,
    native: loadNative(),
    clock: around.clock,
    random: around.random,
    storeKeys: around.storeKeys,
    processes: processesOf(1),
    ...change,
  });
}

export function pathOf(id: CopyId, folder = FOLDER): string {
  return `${folder}/copies/${id.slice(0, 2)}/${id}`;
}

/** Positions in the file, one within each leaf. */
export function positionsOf(shape: NetworkShape, leaves: readonly number[]): number[] {
  return leaves.map((leaf) => leafPosition(shape.leafBytes, leaf) + 17);
}

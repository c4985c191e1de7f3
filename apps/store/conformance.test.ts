// Goal: every kind of store behaves alike, on a real disk and on one in memory.
import fs from 'node:fs';
import os from 'node:os';
import { SMALL_SHAPE, storeId, toHex } from '@kura/base';
import { loadNative, nodeDisk } from '@kura/native';
import { MemoryDisk, storeConformance } from '@kura/testing';
import { MemoryStore } from './memory-store.ts';
import { FOLDER, foundTestShelf, openTestShelf, pathOf, positionsOf } from './test-shelf.ts';

const shape = SMALL_SHAPE;
/** A file system in memory, where there is one: the same calls, without waiting for a medium. */
const place = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

storeConformance('in memory', async (founding) => {
  const store = new MemoryStore({
    ...founding,
    identity: {
      storeId: storeId(toHex(founding.random.bytes(16))),
      suite: 'chacha20',
      place: { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' },
      inventoryEpoch: 1,
    },
    seed: founding.random.bytes(32),
    shape,
    native: loadNative(),
  });
  const damage = (id: Parameters<typeof store.rawBytes>[0], leaves: readonly number[]): void => {
    const bytes = store.rawBytes(id);
    for (const leaf of leaves)
      bytes[leaf * shape.leafBytes] = ~(bytes[leaf * shape.leafBytes] ?? 0);
  };
  return { store, shape, damage, canHeal: false, dispose: () => undefined };
});

for (const kind of ['ffi', 'twin'] as const) {
  storeConformance(`a folder on a disk in memory, ${kind}`, async (founding) => {
    const disk = new MemoryDisk({ clock: founding.clock });
    await foundTestShelf(disk, founding);
    return {
      store: openTestShelf(disk, founding, { native: loadNative(kind) }),
      shape,
      damage: (id, leaves) => {
        for (const position of positionsOf(shape, leaves)) disk.flip(pathOf(id, FOLDER), position);
      },
      canHeal: true,
      dispose: () => undefined,
    };
  });
}

storeConformance('a folder of the system', async (founding) => {
  const root = fs.mkdtempSync(`${place}/kura-store-`);
  const folder = `${root}/store`;
  await foundTestShelf(nodeDisk, founding, { folder });
  return {
    store: openTestShelf(nodeDisk, founding, { folder }),
    shape,
    damage: (id, leaves) => {
      const file = fs.openSync(pathOf(id, folder), 'r+');
      const byte = new Uint8Array(1);
      for (const position of positionsOf(shape, leaves)) {
        fs.readSync(file, byte, 0, 1, position);
        fs.writeSync(
          file,
          byte.map((value) => ~value),
          0,
          1,
          position,
        );
      }
      fs.closeSync(file);
    },
    canHeal: true,
    dispose: () => fs.rmSync(root, { recursive: true }),
  };
});

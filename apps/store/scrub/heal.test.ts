// Goal (A11, R27): what the format says parity heals, it heals, to the same bytes; what it cannot
// heal is set aside and never given out as whole.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { equalBytes, KIB, type NetworkShape, SMALL_SHAPE } from '@kura/base';
import { loadNative } from '@kura/native';
import {
  faultDisk,
  MemoryDisk,
  packBytes,
  SeededRandom,
  Surroundings,
  sendCopy,
} from '@kura/testing';
import type { FolderShelf } from '../folder-shelf.ts';
import { geometryOf, leafPosition, parityPosition, type ShelfGeometry } from '../shelf/layout.ts';
import { decodeTable, encodeTable } from '../shelf/table.ts';
import { FOLDER, foundTestShelf, openTestShelf, pathOf } from '../test-shelf.ts';

/** The standard grid on small leaves: groups are as they are in a real network. */
const GRID: NetworkShape = { ...SMALL_SHAPE, leafBytes: 4 * KIB, packLeaves: [16, 64, 256] };
const { leafBytes } = GRID;
/** What the format promises to heal. */
const BURST_BYTES = 4 * leafBytes;

interface Subject {
  readonly disk: MemoryDisk;
  readonly shelf: FolderShelf;
  readonly geometry: ShelfGeometry;
  readonly id: ReturnType<Surroundings['newCopyId']>;
  readonly path: string;
  /** The shelf file as it was written. */
  readonly whole: Uint8Array;
}

async function subject(which: 0 | 1 | 2): Promise<Subject> {
  const around = new Surroundings(which);
  const disk = new MemoryDisk();
  await foundTestShelf(disk, around, { shape: GRID });
  const shelf = openTestShelf(disk, around);
  const id = around.newCopyId();
  const bytes = around.random.bytes(packBytes(GRID, which));
  await sendCopy(shelf, { id, member: around.alice.member, bytes });
  const path = pathOf(id);
  const geometry = geometryOf(leafBytes, bytes.length / leafBytes);
  return { disk, shelf, geometry, id, path, whole: disk.peek(path) };
}

function destroy({ disk, path, geometry }: Subject, from: number, count: number): void {
  const end = Math.min(from + count, geometry.fileBytes);
  for (let at = from; at < end; at++) disk.flip(path, at, 0xff);
}

/** Positions of the two leaves of a column of the only group; P and Q follow the data. */
function columnPositions(geometry: ShelfGeometry, column: number): number[] {
  const columns = geometry.leafCount / 2;
  return [0, 1].map((row) =>
    column < columns
      ? leafPosition(leafBytes, 2 * column + row)
      : parityPosition(geometry, 0) + (2 * (column - columns) + row) * leafBytes,
  );
}

async function assertHeals(it: Subject, when: string): Promise<void> {
  assert.equal((await it.shelf.scrub(it.id)).state, 'healed', when);
  assert.ok(equalBytes(it.disk.peek(it.path), it.whole), when);
  assert.equal((await it.shelf.scrub(it.id)).state, 'intact', when);
}

describe('parity of a shelf file', () => {
  test('any two columns, data or parity, come back as the same bytes', async () => {
    const it = await subject(0);
    const columns = it.geometry.leafCount / 2 + 2;
    for (let first = 0; first < columns; first++) {
      for (let second = first + 1; second < columns; second++) {
        const positions = [first, second].flatMap((column) => columnPositions(it.geometry, column));
        for (const position of positions) destroy(it, position, leafBytes);
        await assertHeals(it, `columns ${first} and ${second}`);
      }
    }
  });

  test('two leaves of each row are enough, wherever they are', async () => {
    const it = await subject(1);
    for (const leaves of [[0, 2, 1, 3], [0, 62, 5, 33], [10, 12, 61, 63], [7]]) {
      for (const leaf of leaves) destroy(it, leafPosition(leafBytes, leaf), 16);
      await assertHeals(it, leaves.join());
    }
  });

  for (const which of [0, 1, 2] as const) {
    test(`size ${which}: every burst of two columns that begins on an even leaf heals`, async () => {
      const it = await subject(which);
      const starts = new Set<number>();
      // All near ends of groups, where parity and tables lie, and some between.
      const step = which === 2 ? 15 : 1;
      for (let leaf = 0; leaf < it.geometry.leafCount; leaf += 2) {
        const isNearEnd = leaf % 64 >= 60 || leaf >= it.geometry.leafCount - 4;
        if (isNearEnd || (leaf / 2) % step === 0) starts.add(leafPosition(leafBytes, leaf));
      }
      for (let group = 0; group < it.geometry.groupCount; group++) {
        starts.add(parityPosition(it.geometry, group));
        starts.add(parityPosition(it.geometry, group) + 2 * leafBytes);
      }
      for (const position of it.geometry.tablePositions) starts.add(position);
      for (const start of starts) {
        destroy(it, start, BURST_BYTES);
        await assertHeals(it, `burst at ${start} of ${it.geometry.fileBytes}`);
      }
    });
  }

  test('each group heals for itself', async () => {
    const it = await subject(2);
    for (const group of [0, 1, 2, 3])
      destroy(it, leafPosition(leafBytes, group * 64 + 6), BURST_BYTES);
    const { state, badLeaves } = await it.shelf.scrub(it.id);
    assert.equal(state, 'healed');
    assert.deepEqual(
      badLeaves,
      [0, 1, 2, 3].flatMap((group) => [6, 7, 8, 9].map((leaf) => group * 64 + leaf)),
    );
    assert.ok(equalBytes(it.disk.peek(it.path), it.whole));
  });

  test('R27: damage of parity or of one table alone is healed, and no leaf is blamed', async () => {
    const it = await subject(0);
    const [first, second] = it.geometry.tablePositions;
    for (const position of [parityPosition(it.geometry, 0), first, second, first + 200]) {
      destroy(it, position, 8);
      assert.deepEqual(await it.shelf.scrub(it.id), {
        copyId: it.id,
        state: 'healed',
        badLeaves: [],
      });
      assert.ok(equalBytes(it.disk.peek(it.path), it.whole));
    }
  });

  test('a table is read from its second copy when the first is damaged', async () => {
    const it = await subject(0);
    const before = await it.shelf.stat(it.id);
    destroy(it, it.geometry.tablePositions[0], 8);
    assert.deepEqual(await it.shelf.stat(it.id), before);
    destroy(it, it.geometry.tablePositions[1], 8);
    await assert.rejects(it.shelf.stat(it.id), { code: 'corrupt' });
  });
});

describe('beyond parity', () => {
  const ruins: Record<string, (it: Subject) => void> = {
    'three leaves of a row': (it) => {
      for (const leaf of [0, 4, 8]) destroy(it, leafPosition(leafBytes, leaf), 1);
    },
    'two leaves of a row and a parity leaf of it': (it) => {
      for (const leaf of [0, 4]) destroy(it, leafPosition(leafBytes, leaf), 1);
      destroy(it, parityPosition(it.geometry, 0), 1);
    },
    'both tables': (it) => {
      for (const position of it.geometry.tablePositions) destroy(it, position, 1);
    },
    'every 1000th byte': (it) => {
      for (let at = 0; at < it.geometry.fileBytes; at += 1000) destroy(it, at, 1);
    },
    'a file that lost its end': (it) => {
      const rest = it.disk.peek(it.path).subarray(0, it.geometry.fileBytes - 1);
      it.disk.unlink(it.path);
      it.disk.create(it.path).write(rest, 0);
    },
    'an empty file': (it) => {
      it.disk.unlink(it.path);
      it.disk.create(it.path);
    },
    'a folder': (it) => {
      it.disk.unlink(it.path);
      it.disk.makeFolder(it.path);
    },
  };

  for (const [name, ruin] of Object.entries(ruins)) {
    test(`${name}: set aside, reported, replaced`, async () => {
      const it = await subject(0);
      ruin(it);
      assert.equal((await it.shelf.scrub(it.id)).state, 'damaged');
      assert.equal(it.disk.stat(it.path), undefined);
      const aside = it.disk.list(`${FOLDER}/quarantine`).map((entry) => entry.name);
      assert.equal(aside.length, 1);
      assert.ok(aside[0]?.startsWith(it.id));
      const member = [...it.shelf.record.owners.keys()][0];
      assert.ok(member !== undefined);
      const bytes = it.whole.subarray(0, packBytes(GRID, 0));
      await sendCopy(it.shelf, { id: it.id, member, bytes });
      assert.ok(equalBytes(it.disk.peek(it.path), it.whole));
    });
  }

  test('parity that was written wrong rebuilds nothing', async () => {
    const it = await subject(0);
    const { bulk } = loadNative();
    const table = decodeTable(it.whole.slice(it.geometry.tablePositions[0]), it.geometry, bulk);
    const wrong = new Uint8Array(4 * leafBytes).fill(1);
    const parityHashes = new Uint8Array(4 * 32);
    for (let index = 0; index < 4; index++) {
      const hash = parityHashes.subarray(index * 32, index * 32 + 32);
      bulk.sha256(wrong.subarray(0, leafBytes), hash);
    }
    const forged = it.whole.slice();
    forged.set(wrong, parityPosition(it.geometry, 0));
    for (const position of it.geometry.tablePositions) {
      const into = forged.subarray(position, position + it.geometry.tableBytes);
      encodeTable({ ...table, parityHashes }, it.geometry, { bulk, into });
    }
    it.disk.unlink(it.path);
    it.disk.create(it.path).write(forged, 0);
    assert.equal((await it.shelf.scrub(it.id)).state, 'intact');
    destroy(it, leafPosition(leafBytes, 4), 1);
    const result = await it.shelf.scrub(it.id);
    assert.deepEqual(result, { copyId: it.id, state: 'damaged', badLeaves: [4] });
  });

  test('R26: a whole copy under the name of another is found and set aside', async () => {
    const it = await subject(0);
    const around = new Surroundings(5);
    const other = around.newCopyId();
    it.disk.link(it.path, pathOf(other));
    await assert.rejects(it.shelf.stat(other), { code: 'corrupt' });
    assert.equal((await it.shelf.scrub(other)).state, 'damaged');
    assert.equal((await it.shelf.scrub(it.id)).state, 'intact');
  });

  test('of several damaged files of one copy the last is kept; its destruction takes it too', async () => {
    const around = new Surroundings(6);
    const disk = new MemoryDisk();
    await foundTestShelf(disk, around, { shape: GRID });
    const shelf = openTestShelf(disk, around);
    const id = around.newCopyId();
    const bytes = around.random.bytes(packBytes(GRID, 0));
    const it = { disk, path: pathOf(id), geometry: geometryOf(leafBytes, 16) } as Subject;
    for (let round = 0; round < 3; round++) {
      await sendCopy(shelf, { id, member: around.alice.member, bytes });
      ruins['both tables']?.(it);
      assert.equal((await shelf.scrub(id)).state, 'damaged');
      assert.equal(disk.list(`${FOLDER}/quarantine`).length, 1);
    }
    await shelf.remove(around.destroy(shelf.identity.storeId, { copyIds: [id] }));
    assert.deepEqual(disk.list(`${FOLDER}/quarantine`), []);
  });

  test('a good copy that another process has just put there goes back under its name', async () => {
    const it = await subject(0);
    for (const position of it.geometry.tablePositions) destroy(it, position, 1);
    const around = new Surroundings(0);
    const racing = {
      ...faultDisk(it.disk),
      rename: (from: string, to: string) => {
        // What another process does between the judgement and the move.
        it.disk.unlink(it.path);
        it.disk.create(it.path).write(it.whole, 0);
        it.disk.rename(from, to);
      },
    };
    const shelf = openTestShelf(racing, around);
    assert.equal((await shelf.scrub(it.id)).state, 'intact');
    assert.ok(equalBytes(it.disk.peek(it.path), it.whole));
    assert.deepEqual(it.disk.list(`${FOLDER}/quarantine`), []);
  });

  test('random damage: healed to the same bytes, or set aside, nothing in between', async () => {
    const random = new SeededRandom(8);
    const counts = { healed: 0, damaged: 0, intact: 0, missing: 0 };
    let it = await subject(0);
    for (let round = 0; round < 150; round++) {
      for (let hits = 1 + random.below(6); hits > 0; hits--) {
        destroy(it, random.below(it.geometry.fileBytes), 1 + random.below(leafBytes));
      }
      const { state } = await it.shelf.scrub(it.id);
      counts[state]++;
      if (state === 'damaged') it = await subject(0);
      else assert.ok(equalBytes(it.disk.peek(it.path), it.whole), `round ${round}: ${state}`);
    }
    assert.ok(counts.healed > 20 && counts.damaged > 20, JSON.stringify(counts));
  });
});

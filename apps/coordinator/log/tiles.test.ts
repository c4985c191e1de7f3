// Goal: what the tables have of the log gives every head and every proof of the whole tree, at every size it ever had,
// also of a log that is older than its tiles.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { concatBytes, equalBytes, utf8 } from '@kura/base';
import { transact } from '@kura/database';
import {
  ed25519PublicKey,
  hashEntry,
  MerkleTree,
  nodesHead,
  openCheckpoint,
  signCheckpoint,
  TILE_WIDTH,
  verifyInclusion,
} from '@kura/log';
import { appendLogEntry } from '../custody/log-entries.ts';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  encodePeaks,
  type Frontier,
  headOf,
} from '../custody/log-frontier.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { openTestDatabase } from '../fixtures.ts';
import { headAt, proveConsistency, proveInclusion } from './proofs.ts';
import { readTile } from './tiles.ts';
import { readLog } from './view.ts';

const SEED = new Uint8Array(32).fill(5);
const SIGNER = { origin: 'kura.network/test', seed: SEED, publicKey: ed25519PublicKey(SEED) };

const entryOf = (index: number): Uint8Array => hashEntry(utf8(`entry ${index}`));

async function grow(database: CoordinatorDatabase, tree: MerkleTree, to: number): Promise<void> {
  await transact(database, async (rows) => {
    while (tree.size < to) {
      const entryHash = entryOf(tree.size);
      tree.appendHash(entryHash);
      await appendLogEntry(rows, entryHash, SIGNER);
    }
  });
}

async function signFrontier(rows: Rows, frontier: Frontier): Promise<void> {
  const { size } = frontier;
  const head = { origin: SIGNER.origin, size, head: headOf(frontier) };
  await rows
    .insertInto('log_frontier')
    .values({
      ...{ number: 1, size, peaks: encodePeaks(frontier) },
      checkpoint: signCheckpoint(head, SEED),
    })
    .execute();
}

/** As a version of Kura that knew no tiles left it. */
async function writeOldLog(database: CoordinatorDatabase, tree: MerkleTree, size: number) {
  let frontier = EMPTY_FRONTIER;
  await transact(database, async (rows) => {
    for (let index = 0; index < size; index++) {
      const values = { leaf_index: index, entry_hash: entryOf(index) };
      tree.appendHash(values.entry_hash);
      ({ frontier } = appendLeaf(frontier, values.entry_hash));
      await rows.insertInto('log_entries').values(values).execute();
    }
    await signFrontier(rows, frontier);
  });
}

/** One leaf less than 256 full tiles, whose leaves are all the same: their peaks are quickly made. */
async function writeAlmostFull(database: CoordinatorDatabase): Promise<void> {
  const leaves = concatBytes(...Array.from({ length: TILE_WIDTH }, () => entryOf(0)));
  const root = nodesHead(leaves);
  const roots = concatBytes(...Array.from({ length: TILE_WIDTH }, () => root));
  const peaks = [roots, leaves].flatMap((nodes) =>
    [128, 64, 32, 16, 8, 4, 2, 1].map((count) => nodesHead(nodes.subarray(0, count * 32))),
  );
  await transact(database, async (rows) => {
    for (let number = 0; number < TILE_WIDTH - 1; number++) {
      await rows
        .insertInto('log_tiles')
        .values({ level: 0, number, hashes: leaves, root })
        .execute();
    }
    for (let index = 255 * TILE_WIDTH; index < 65_535; index++) {
      const values = { leaf_index: index, entry_hash: entryOf(0) };
      await rows.insertInto('log_entries').values(values).execute();
    }
    await signFrontier(rows, { size: 65_535, peaks });
  });
}

async function assertProves(
  database: CoordinatorDatabase,
  tree: MerkleTree,
  sizes: readonly number[],
): Promise<void> {
  const rows = database.kysely;
  for (const [at, size] of sizes.entries()) {
    assert.deepEqual(await headAt(rows, size), tree.head(size), `head of ${size}`);
    for (const fromSize of sizes.slice(0, at)) {
      const proof = await proveConsistency(rows, fromSize, size);
      assert.deepEqual(proof, tree.consistencyProof(fromSize, size), `${fromSize} to ${size}`);
    }
    for (const index of [0, 255, 256, size - 1].filter((one) => one < size)) {
      const proof = await proveInclusion(rows, index, size);
      const claim = { entryHash: entryOf(index), index, size, head: tree.head(size) };
      assert.ok(verifyInclusion({ ...claim, proof }), `${index} of ${size}`);
    }
  }
}

it('a log that grows leaf by leaf has full tiles, loose leaves, and every proof', async () => {
  const database = await openTestDatabase();
  const tree = new MerkleTree();
  await grow(database, tree, 600);
  await assertProves(database, tree, [1, 2, 7, 255, 256, 257, 300, 511, 512, 513, 599, 600]);
  const kept = await database.kysely.selectFrom('log_entries').select('leaf_index').execute();
  assert.equal(kept.length, 600 - 512, 'leaves of full tiles are kept once');
  const { size, entryHashes } = await readLog(database.kysely);
  assert.equal(size, 600);
  assert.ok(equalBytes(entryHashes, tree.entryHashes()));
  database.close();
});

it('a tile has the width that a checkpoint needed, and none that the log does not have yet', async () => {
  const database = await openTestDatabase();
  const tree = new MerkleTree();
  await grow(database, tree, 520);
  for (const width of [1, 100, 256]) {
    const hashes = await readTile(database.kysely, { level: 0, index: 1, width });
    const wanted = tree.entryHashes().subarray(256 * 32, (256 + width) * 32);
    assert.ok(hashes !== undefined && equalBytes(hashes, wanted), `width ${width}`);
  }
  for (const tile of [
    { level: 0, index: 2, width: 9 },
    { level: 0, index: 3, width: 1 },
    { level: 1, index: 0, width: 3 },
    { level: 2, index: 0, width: 1 },
  ]) {
    assert.equal(await readTile(database.kysely, tile), undefined, JSON.stringify(tile));
  }
  database.close();
});

it('a log that is older than its tiles proves at once, and is folded with its next full tile', async () => {
  const database = await openTestDatabase();
  const tree = new MerkleTree();
  await writeOldLog(database, tree, 800);
  await assertProves(database, tree, [1, 300, 800]);
  await grow(database, tree, 1024);
  const loose = await database.kysely.selectFrom('log_entries').selectAll().execute();
  assert.equal(loose.length, 0);
  await assertProves(database, tree, [300, 512, 800, 1000, 1024]);
  database.close();
});

it('256 full tiles make one of the level above', async () => {
  const database = await openTestDatabase();
  await writeAlmostFull(database);
  const { checkpoint } = await transact(database, (rows) =>
    appendLogEntry(rows, entryOf(0), SIGNER),
  );
  const rows = database.kysely;
  const above = await readTile(rows, { level: 1, index: 0, width: 256 });
  const top = await readTile(rows, { level: 2, index: 0, width: 1 });
  assert.ok(above !== undefined && top !== undefined);
  const { size, head } = openCheckpoint(checkpoint, SIGNER);
  assert.equal(size, 65_536);
  assert.deepEqual(top, head);
  assert.deepEqual(nodesHead(above), head);
  const proof = await proveInclusion(rows, 300, size);
  assert.ok(verifyInclusion({ entryHash: entryOf(0), index: 300, size, head, proof }));
  database.close();
});

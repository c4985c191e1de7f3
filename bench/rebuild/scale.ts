// `npm run rebuild:scale [-- --packs N]`: a network of so many packs, its coordinator deleted with its database, and
// brought back from a kit that is a tenth too old, from the tiles of its log, from what its stores answer and from a
// member's card: time and processor time of each step. Ends with one line of figures, and with 1 if a row is lost or
// other than it was.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, KuraError, MIB, type StoreId, systemAlarmClock, systemRandom } from '@kura/base';
import type { Rows } from '@kura/coordinator/db/tables.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { authorityOf } from '@kura/coordinator/found-service.ts';
import { readTile } from '@kura/coordinator/log/tiles.ts';
import { MemberCoordinator } from '@kura/coordinator/member-coordinator.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import { parseKitLine, readKit } from '@kura/coordinator/rebuild/kit.ts';
import type { TileSource } from '@kura/coordinator/rebuild/log-from-tiles.ts';
import { rebuildCoordinator } from '@kura/coordinator/rebuild/rebuild.ts';
import { takeSnapshots } from '@kura/coordinator/returns/returned-snapshots.ts';
import { takeReturned } from '@kura/coordinator/returns/take-packs.ts';
import { keepSecrets } from '@kura/coordinator/serve/coordinator-state.ts';
import { type CoordinatorConfig, loadProgram } from '@kura/daemon';
import { transact } from '@kura/database';
import { readKitLines, writeKit } from '@kura/kura/operator/kit/kit-file.ts';
import { linesOf } from '@kura/kura/operator/kit/lines-of.ts';
import { TILE_WIDTH, type Tile, tileAt, tilePath } from '@kura/log';
import { readOptions } from '@kura/tests/proof/options.ts';
import { wholeNumber } from '@kura/tests/proof/whole-number.ts';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import { digestsOf, type TableDigest } from './digests.ts';
import { World } from './world.ts';

const PASSPHRASE = 'a storehouse has thick walls';
/** Of all packs, what came after the kit. */
const NEWER = 0.1;
/** As a device sends them. */
const PACKS_PER_CALL = 500;
const SNAPSHOTS_PER_CALL = 100;
const NO_WITNESS_MS = 1000;

const values = readOptions({
  name: 'rebuild:scale',
  proves:
    'A deleted coordinator comes back from kit, tiles, stores and card with every row as it was.',
  options: { packs: 'N: packs of the network, 100,000 unless given, 10 at least' },
});
const packs = wholeNumber('rebuild:scale')(values.packs ?? '100000', '--packs', 10);

const figures: string[] = [];

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const done = await work();
  const { user, system } = process.cpuUsage(startedCpu);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const cpuSeconds = ((user + system) / 1e6).toFixed(1);
  process.stderr.write(`rebuild:scale: ${name}: ${seconds} s, ${cpuSeconds} s of CPU\n`);
  figures.push(`${name} ${seconds} s (CPU ${cpuSeconds} s)`);
  return done;
}

function configIn(folder: string): CoordinatorConfig {
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  const path = join(folder, 'coordinator.toml');
  const database = join(folder, 'network.db');
  const lines = [
    'role = "coordinator"',
    `state = "${state}"`,
    '[listen]',
    'address = "127.0.0.1:1"',
  ];
  writeFileSync(path, `${[...lines, '[database]', `url = "${database}"`].join('\n')}\n`);
  const { value } = loadProgram(path, {});
  assert(value.role === 'coordinator', "the file is a coordinator's");
  return value;
}

/** As an operator keeps them: apart from the database. */
async function tilesOf(rows: Rows): Promise<TileSource> {
  const frontier = await rows.selectFrom('log_frontier').selectAll().executeTakeFirst();
  const tiles = new Map<string, Uint8Array>();
  const size = frontier?.size ?? 0;
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const tile = tileAt({ level: 0, index }, size);
    if (tile === undefined) break;
    const hashes: Tile['hashes'] | undefined = await readTile(rows, tile);
    if (hashes !== undefined) tiles.set(tilePath(tile), hashes);
  }
  return { checkpoint: async () => frontier?.checkpoint, tile: async (path) => tiles.get(path) };
}

async function makeKit(config: CoordinatorConfig, path: string): Promise<void> {
  const lines = linesOf((write) => readKit(config, write));
  await writeKit(path, lines, { passphrase: PASSPHRASE, random: systemRandom });
}

function removeTables({ database }: CoordinatorConfig): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${database.url}${end}`, { force: true });
}

async function rebuild(config: CoordinatorConfig, kit: string, tiles: TileSource): Promise<void> {
  const outside = openOutsideClient({
    ...{ clock: systemAlarmClock, connections: 1, deadlineMs: NO_WITNESS_MS },
  });
  try {
    await rebuildCoordinator({
      ...{ config, outside, tiles, nowMs: systemAlarmClock.nowMs() },
      kit: async function* () {
        for await (const line of readKitLines(kit, PASSPHRASE)) yield parseKitLine(line);
      },
    });
  } finally {
    outside.close();
  }
}

/** All that the card lists is told, as if it did not know what the kit has; the stores are asked for each copy. */
async function giveBack(world: World, config: CoordinatorConfig): Promise<readonly TableDigest[]> {
  const { clock, random, processes } = world.network;
  const network = await openNetworkTables({
    ...{ database: config.database.url, clock, random, processes },
  });
  const { memberId } = network.charter;
  const member = new MemberCoordinator({ network, memberId });
  const sessionId = await member.beginSession('repair');
  const storeAt = (storeId: StoreId) => ({
    stat: async (copyId: string) => {
      const stat = world.statAt(storeId, copyId);
      if (stat !== undefined) return stat;
      throw new KuraError('missing', 'the store does not have it');
    },
  });
  try {
    for (let at = 0; at < world.packs.length; at += PACKS_PER_CALL) {
      const given = world.packs.slice(at, at + PACKS_PER_CALL);
      const returned = { sessionId, packs: given, unlisted: [] };
      await takeReturned({ network, keys: world.keys, storeAt }, memberId, returned);
    }
    for (let at = 0; at < world.snapshots.length; at += SNAPSHOTS_PER_CALL) {
      const given = world.snapshots.slice(at, at + SNAPSHOTS_PER_CALL);
      const { origin } = network.charter.log;
      await transact(network.database, (rows) => takeSnapshots({ rows, memberId }, given, origin));
    }
    await member.endSession(sessionId);
    return await digestsOf(network.database.kysely);
  } finally {
    network.close();
  }
}

function violationsOf(before: readonly TableDigest[], after: readonly TableDigest[]): number {
  const now = new Map(after.map((one) => [one.table, one]));
  const other = before.filter(({ table, rows, digest }) => {
    const found = now.get(table);
    return found?.rows !== rows || found.digest !== digest;
  });
  for (const { table, rows } of other) {
    process.stderr.write(
      `rebuild:scale: ${table} are not as they were: ${rows} rows before, ${now.get(table)?.rows} now\n`,
    );
  }
  return other.length;
}

async function run(folder: string): Promise<void> {
  const config = configIn(folder);
  const kit = join(folder, 'network.kit');
  const world = await World.found(config.database.url);
  const { database, coordinator, clock, random } = world.network;
  const authority = authorityOf(coordinator.memberId, { clock, random });
  keepSecrets(config, { networkSecret: NETWORK_SECRET, authority });
  const newer = Math.max(1, Math.round(packs * NEWER));
  await world.save(packs - newer);
  await world.count();
  await step('kit', () => makeKit(config, kit));
  await world.save(newer);
  await world.count();
  const before = await digestsOf(database.kysely);
  const tiles = await tilesOf(database.kysely);
  coordinator.close();
  removeTables(config);
  rmSync(config.state, { recursive: true });
  mkdirSync(config.state, { mode: 0o700 });
  await step('rebuild', () => rebuild(config, kit, tiles));
  const after = await step('giving back', () => giveBack(world, config));
  const violations = violationsOf(before, after);
  const { maxRSS } = process.resourceUsage();
  const size = `${(statSync(kit).size / MIB).toFixed(0)} MiB`;
  process.stdout.write(
    `rebuild:scale: ${packs} packs, ${newer} of them newer than the kit (${size}): ${figures.join(', ')}; ` +
      `${Math.round(maxRSS / 1024)} MiB at most; ${violations} tables other than they were\n`,
  );
  process.exitCode = violations > 0 ? 1 : 0;
}

const folder = mkdtempSync(join(tmpdir(), 'kura-rebuild-'));
try {
  await run(folder);
} finally {
  rmSync(folder, { recursive: true });
}

// A coordinator that was lost with its database, brought back from an operator's kit and the tiles of its log. Secrets
// first, then all tables and the log in one transaction: a kill leaves either nothing that is used or all of it, and
// the same command goes on.
import { equalBytes, KuraError, toHex } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import type { OutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { ServiceSecrets } from '../authority/service.ts';
import { logOrigin, logSigner } from '../custody/log-key.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { readWitnesses } from '../log/witnesses.ts';
import { awaitReturns } from '../returns/awaited.ts';
import { keepSecrets } from '../serve/coordinator-state.ts';
import { openServiceTables } from '../serve/open-tables.ts';
import { checkWitnesses } from './check-witnesses.ts';
import { damagedKit } from './damaged-kit.ts';
import { clearTables, loadPage } from './dump-tables.ts';
import type { KitPart } from './kit.ts';
import { loadLog, readMirror, type TileSource } from './log-from-tiles.ts';

export interface Rebuilding {
  readonly config: CoordinatorConfig;
  /** Opens it from its beginning, where the secrets are; as often as the database wants its transaction again. */
  readonly kit: () => AsyncIterable<KitPart>;
  readonly tiles: TileSource;
  readonly nowMs: number;
  /** To ask the witnesses with. */
  readonly outside: OutsideClient;
}

export interface Rebuilt {
  readonly members: number;
  readonly stores: number;
  readonly packs: number;
  readonly snapshots: number;
  readonly leaves: number;
  /** Names of those that could not be asked how much of the log they have seen. */
  readonly silentWitnesses: readonly string[];
}

/**
 * Throws `already_exists` if there is a network in the tables, or another one's secret on the machine; what kit and
 * tiles throw.
 */
export async function rebuildCoordinator(rebuilding: Rebuilding): Promise<Rebuilt> {
  const { config, tiles, outside } = rebuilding;
  const secrets = await secretsOf(rebuilding.kit());
  const database = await openServiceTables(config.database.url);
  try {
    await refuseFounded(database);
    keepSecrets(config, secrets);
    return await database.transact(async (rows) => {
      await clearTables(rows);
      for await (const part of rebuilding.kit()) {
        if (part.kind === 'page') await loadPage(rows, part.page);
      }
      const signer = await signerOf(rows, secrets);
      const log = await readMirror(tiles, signer);
      const silentWitnesses = await checkWitnesses(await readWitnesses(rows), log, outside);
      if (log !== undefined) await loadLog(rows, log, signer);
      await jumpAhead(rows);
      await expectStores(rows, rebuilding.nowMs);
      await awaitReturns(rows, rebuilding.nowMs);
      return { ...(await count(rows)), leaves: log?.size ?? 0, silentWitnesses };
    });
  } finally {
    database.close();
  }
}

async function secretsOf(kit: AsyncIterable<KitPart>): Promise<ServiceSecrets> {
  for await (const part of kit) {
    if (part.kind === 'secrets') return part.secrets;
    break;
  }
  throw damagedKit();
}

async function refuseFounded(database: CoordinatorDatabase): Promise<void> {
  const row = await database.kysely.selectFrom('network').select('number').executeTakeFirst();
  if (row === undefined) return;
  throw new KuraError('already_exists', 'there is a network in these tables already', {
    guidance: 'Name an empty database in the configuration; nothing is written over.',
  });
}

async function signerOf(rows: Rows, { networkSecret }: ServiceSecrets) {
  const network = await rows.selectFrom('network').selectAll().executeTakeFirst();
  if (network === undefined) throw damagedKit();
  const signer = logSigner(networkSecret, logOrigin(network.member_id, network.kind));
  if (equalBytes(signer.publicKey, network.log_public_key)) return signer;
  throw new KuraError('corrupt', 'the secret of the kit is not that of its network', {
    context: { wanted: toHex(network.log_public_key), found: toHex(signer.publicKey) },
  });
}

/** Devices know numbers that were counted after the kit was made: none of them must come twice. */
const JUMP = 2 ** 32;

async function jumpAhead(rows: Rows): Promise<void> {
  await rows
    .updateTable('members')
    .set((all) => ({ ticks: all('ticks', '+', JUMP) }))
    .execute();
  await rows
    .updateTable('network')
    .set((all) => ({ stores_tick: all('stores_tick', '+', JUMP) }))
    .execute();
}

/** They have been heard of by nobody since the kit was made, and are given the usual time to be heard again. */
async function expectStores(rows: Rows, nowMs: number): Promise<void> {
  await rows
    .updateTable('stores')
    .set({ seen_ms: nowMs })
    .where('seen_ms', 'is not', null)
    .execute();
  await rows
    .updateTable('stores')
    .set({ state: 'active', away_since_ms: null })
    .where('state', '=', 'unreachable')
    .execute();
}

type Counted = Omit<Rebuilt, 'leaves' | 'silentWitnesses'>;

async function count(rows: Rows): Promise<Counted> {
  const all = async (table: 'members' | 'stores' | 'packs' | 'snapshots'): Promise<number> => {
    const { rowsThere } = await rows
      .selectFrom(table)
      .select((of) => of.fn.countAll<number>().as('rowsThere'))
      .executeTakeFirstOrThrow();
    return Number(rowsThere);
  };
  return {
    members: await all('members'),
    stores: await all('stores'),
    packs: await all('packs'),
    snapshots: await all('snapshots'),
  };
}

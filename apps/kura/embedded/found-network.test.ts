import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { KuraError, SMALL_SHAPE } from '@kura/base';
import { findCity, homeOf, storePlaceOf } from '@kura/coordinator';
import { FAST_COST, STANDARD_COST, type WrapCost } from '@kura/member-seal';
import { foundNetwork } from './found-network.ts';
import { notePresence, openNetwork } from './open-network.ts';
import { realSurroundings } from './surroundings.ts';

const surroundings = realSurroundings();

describe('an embedded network', () => {
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);

  const found = (
    stores: readonly string[],
    { passphrase = 'one', cost = FAST_COST }: { passphrase?: string; cost?: WrapCost } = {},
  ): Promise<unknown> =>
    foundNetwork(
      {
        homeFolder: at('home'),
        passphrase,
        cost,
        shape: SMALL_SHAPE,
        home: homeOf(findCity('tokyo')),
        copies: 2,
        stores: stores.map((name) => ({
          folder: at(name),
          place: storePlaceOf(findCity(name.startsWith('osaka') ? 'osaka' : 'seoul')),
        })),
      },
      surroundings,
    );
  const isCode = (code: string, pattern: RegExp) => (error: unknown) =>
    error instanceof KuraError && error.code === code && pattern.test(error.message);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-found-'));
  });
  afterEach(() => {
    for (const name of readdirSync(folder)) rmSync(at(name), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('C12: a store in a file, below one, or in a link is refused before anything is written', async () => {
    writeFileSync(at('seoul'), 'mine');
    symlinkSync('nowhere', at('seoul-link'));
    for (const name of ['seoul', 'seoul/below', 'seoul-link']) {
      await assert.rejects(found(['osaka', name]), isCode('usage', /is a file or a link/));
    }
    assert.deepEqual(readdirSync(folder).sort(), ['seoul', 'seoul-link']);
  });

  it('one that was begun is taken up under its passphrase, and under no other', async () => {
    mkdirSync(at('seoul', 'copies', 'aa'), { recursive: true });
    writeFileSync(at('seoul', 'copies', 'aa', 'x'), 'of another store');
    await assert.rejects(found(['osaka', 'seoul']), isCode('already_exists', /copies of a store/));
    rmSync(at('seoul'), { recursive: true });
    const other = found(['osaka', 'seoul'], { passphrase: 'two' });
    await assert.rejects(other, isCode('wrong_passphrase', /begun .* another passphrase/));
    await found(['osaka', 'seoul']);
    await assert.rejects(found(['osaka2', 'seoul2']), isCode('already_exists', /already/));
  });

  it('a backup notes since when it misses a store; only a backup that finds it forgets that', async () => {
    await found(['osaka', 'seoul'], { cost: STANDARD_COST });
    const options = { homeFolder: at('home'), passphrase: async () => 'one', warn: assert.fail };
    const opened = async (isBackup: boolean) => {
      const network = await openNetwork(options, surroundings);
      if (isBackup) await notePresence(network);
      const known = (await network.coordinator.describe()).stores;
      network.close();
      const told = network.network.stores;
      return {
        known: known.map(({ awaySinceMs }) => awaySinceMs),
        told: told.map(({ state, awaySinceMs }) => [state, awaySinceMs]),
      };
    };
    renameSync(at('seoul'), at('aside'));
    const looked = await opened(false);
    assert.deepEqual(looked.known, [undefined, undefined], 'who only reads notes nothing');
    assert.deepEqual(looked.told, [
      ['active', undefined],
      ['unreachable', undefined],
    ]);
    const [osaka, since] = (await opened(true)).known;
    assert.equal(osaka, undefined);
    assert.ok(since !== undefined && since <= surroundings.clock.nowMs());
    const second = await opened(true);
    assert.deepEqual(second.known, [undefined, since], 'since it was first missed');
    assert.deepEqual(second.told, [
      ['active', undefined],
      ['unreachable', since],
    ]);
    renameSync(at('aside'), at('seoul'));
    const back = await opened(false);
    assert.deepEqual(back.told, [
      ['active', undefined],
      ['active', undefined],
    ]);
    assert.deepEqual(back.known, [undefined, since]);
    assert.deepEqual((await opened(true)).known, [undefined, undefined]);
  });
});

// Goal: what the network knows of dangers is shown by commands, the same to the owner of the tables and to an
// operator over the wire; a member sees its own. Everything that scripts read is in docs/operate/json.md.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { homePaths } from '@kura/agent';
import { HOUR_MS, KuraError, MINUTE_MS, must } from '@kura/base';
import { formatInvitation } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { HAZARD_ENDPOINTS } from '@kura/contract/wire/endpoints/hazards.ts';
import { accountHandlers } from '@kura/coordinator/accounts/handlers.ts';
import { foundTestNetwork, testStore } from '@kura/coordinator/fixtures.ts';
import { EventBook } from '@kura/coordinator/hazards/events/event-book.ts';
import type { Report } from '@kura/coordinator/hazards/events/report.ts';
import { RiskKeeper } from '@kura/coordinator/hazards/history/risk-keeper.ts';
import { hazardHandlers } from '@kura/coordinator/hazards/look/handlers.ts';
import type { Network } from '@kura/coordinator/network.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import { findCity, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { registerStore } from '@kura/coordinator/stores/stores.ts';
import { TestMember, TestService } from '@kura/coordinator/test-service.ts';
import { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { register as registerMoves } from '../moves/register.ts';
import { enrolOperator } from '../operator/connection.ts';
import { Desk } from '../operator/desk.ts';
import { Output } from '../output/output.ts';
import { register as registerPlan } from './plan.ts';
import { register as registerHazards } from './register.ts';
import { remoteHazards } from './remote-hazards.ts';
import { register as registerRisk } from './risk.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/operate/json.md', import.meta.url), 'utf8');
const NANKAI = fileURLToPath(
  new URL('../../../data/hazards/scenarios/nankai-m8.5.json', import.meta.url),
);
const CITIES = ['osaka', 'ishikari', 'frankfurt'];
const REGISTER = {
  hazards: registerHazards,
  risk: registerRisk,
  plan: registerPlan,
  moves: registerMoves,
};
const LOOKS: readonly (readonly string[])[] = [
  ['hazards', 'list'],
  ['hazards', 'show', 'flood/cap:flood of osaka'],
  ['hazards', 'feeds'],
  ['risk'],
  ['risk', '--level', '2'],
  ['risk', '--predictions'],
  ['moves'],
  ['moves', 'list', '--all'],
  ['plan', '--what-if', NANKAI],
];

interface Ran {
  readonly out: string;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly code: number;
}

/** A home, and its commands as `kura` would run them at `nowMs`. */
class Home {
  readonly folder: string;
  readonly nowMs: () => number;

  constructor(context: TestContext, nowMs: () => number) {
    this.folder = mkdtempSync(join(tmpdir(), 'kura-hazards-'));
    this.nowMs = nowMs;
    context.after(() => rmSync(this.folder, { recursive: true }));
  }

  context(json = false): CommandContext & { readonly said: string[]; code: number } {
    const said: string[] = [];
    const sink = { colour: false, write: (text: string) => said.push(text) };
    const output = new Output({ out: sink, err: sink, json, quiet: true, verbose: false });
    const made = {
      ...{ output, said, code: 0, home: this.folder, environment: {}, zoneOffsetMs: () => 0 },
      clock: { nowMs: this.nowMs, elapsedMs: this.nowMs },
      exitWith: (code: number) => {
        made.code = code;
      },
    };
    return made as unknown as CommandContext & { readonly said: string[]; code: number };
  }

  async run(...argv: readonly string[]): Promise<Ran> {
    const json = argv.includes('--json');
    const context = this.context(json);
    const [name = '', ...rest] = argv.filter((word) => word !== '--json');
    const command = new Command(name).exitOverride();
    REGISTER[name as keyof typeof REGISTER](command, context);
    await command.parseAsync(rest, { from: 'user' });
    const out = context.said.join('');
    const lines = json ? out.split('\n').filter((line) => line !== '') : [];
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const key of records.flatMap(keysOf)) {
      assert.ok(documented(name).has(key), `json.md names ${key} of ${name}`);
    }
    return { out, records, code: context.code };
  }
}

function documented(name: string): ReadonlySet<string> {
  const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
  const words = Array.from(section.matchAll(/`([a-z_0-9]+)`/g), ([, word = '']) => word);
  const others = Array.from(section.matchAll(/as of\s`([a-z]+)`/g), ([, other = '']) => other);
  return new Set([...words, ...others.flatMap((other) => [...documented(other)])]);
}

function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

function floodAt(city: string, nowMs: number): Report {
  const { lat, lon } = findCity(city);
  const zone: Report['zones'][number] = {
    shapes: [{ type: 'circle', centre: { lat, lon }, radiusKm: 50 }],
    ...{ codes: [], unplaced: 0, severity: 'extreme', certainty: 'observed', urgency: 'immediate' },
  };
  return {
    source: 'cap',
    identifier: `flood of ${city}`,
    stream: 'cap',
    names: [`cap:flood of ${city}`],
    type: 'alert',
    kind: 'flood',
    title: `flood & <rain> at ${city}`,
    ...{ isAllClear: false, references: [], isSecondHand: false },
    ...{ zones: [zone], sentMs: nowMs, endMs: nowMs + 24 * HOUR_MS },
  };
}

/** A flood at Osaka, as a watch would have taken it in; an hour before nothing was known. */
async function flooded(network: Network, nowMs: number): Promise<void> {
  const keeper = new RiskKeeper({ network });
  await keeper.renew({ nowMs: nowMs - HOUR_MS });
  const reports = [floodAt('osaka', nowMs)];
  const poll = { feed: 'test', outcome: 'fresh', reports, isWhole: true } as const;
  const news = { poll: { ...poll, problems: [], ignored: {}, nextPollMs: nowMs + MINUTE_MS } };
  const list = { reports: [], links: [], problems: [], ignored: {} };
  const feed = { list, failures: 0, isBehind: false, nextPollMs: nowMs + MINUTE_MS, goodMs: nowMs };
  const asked = { memory: { feed, messages: new Map() }, before: undefined };
  await keeper.take([{ ...news, isComplete: false, receivedMs: nowMs, asked }], { nowMs });
}

/** The home of an embedded network whose tables say that Osaka is flooded. */
async function embedded(context: TestContext): Promise<Home> {
  let nowMs = 0;
  const home = new Home(context, () => nowMs);
  const path = homePaths(home.folder).database;
  mkdirSync(join(path, '..'), { recursive: true });
  const { database, clock, random, stores } = await foundTestNetwork({ path });
  for (const [index, city] of CITIES.entries()) {
    const { storeId } = must(stores[index], 'a store').identity;
    const { lat, lon, powerArea } = storePlaceOf(findCity(city));
    const columns = { city, lat, lon, power_area: powerArea };
    await database.transact((rows) =>
      rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute(),
    );
  }
  nowMs = clock.nowMs();
  await flooded(await openNetworkTables({ database, clock, random }), nowMs);
  database.close();
  return home;
}

describe('the commands of hazards', () => {
  for (const argv of LOOKS) {
    it(`kura ${argv.slice(0, 2).join(' ')}: for people, and for scripts as the document says`, async (context) => {
      const home = await embedded(context);
      const told = await home.run(...argv);
      assert.notEqual(told.out, '');
      await home.run(...argv, '--json');
    });
  }

  it('A20: risk says which store is in danger and why; at says what was said before', async (context) => {
    const home = await embedded(context);
    const { records } = await home.run('risk', '--level', '1', '--json');
    const stances = records.map(({ city, stance }) => [city, stance]);
    assert.deepEqual(
      stances.filter(([, stance]) => stance !== 'calm'),
      [['osaka', 'leave']],
    );
    const before = new Date(home.nowMs() - 10 * MINUTE_MS).toISOString();
    const earlier = await home.run('hazards', 'at', before, '--level', '1', '--json');
    assert.deepEqual([...new Set(earlier.records.map(({ stance }) => stance))], ['calm']);
    const { out } = await home.run('risk');
    assert.match(out, /osaka +leave .*flood & <rain> at osaka/);
  });

  it('a map is one file that fetches nothing, and strangers put no markup into it', async (context) => {
    const home = await embedded(context);
    const file = join(home.folder, 'world.svg');
    const { records } = await home.run('hazards', 'map', '--svg', file, '--json');
    assert.deepEqual(
      records.map(({ stores, events }) => [stores, events]),
      [[3, 1]],
    );
    const svg = readFileSync(file, 'utf8');
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /flood &amp; &lt;rain&gt; at osaka/);
    assert.ok(!/<script|href=|url\((?!#)|@import/.test(svg));
    for (const city of ['Osaka', 'Frankfurt']) assert.match(svg, new RegExp(`>${city}`));
  });

  it('plan ends with 22 where packs could go nowhere, and refuses what is no scenario', async (context) => {
    const home = await embedded(context);
    assert.equal((await home.run('plan', '--what-if', NANKAI)).code, 0);
    const file = join(home.folder, 'no.json');
    writeFileSync(file, '{}');
    await assert.rejects(home.run('plan', '--what-if', file), (error: unknown) => {
      return error instanceof KuraError && error.code === 'usage';
    });
  });

  it('an operator is answered over the wire what the tables say, a member what is its own', async (context) => {
    const service = await TestService.found(context);
    const { network } = service.service;
    for (const [number, city] of CITIES.entries()) {
      const { identity } = testStore(number);
      const place = storePlaceOf(findCity(city));
      const store = {
        identity: { ...identity, place },
        location: city,
        baseRisk: 0.01,
        freeBytes: 1e12,
      };
      await network.database.transact((rows) => registerStore(rows, store, service.clock.nowMs()));
    }
    await flooded(network, service.clock.nowMs());
    const endpoints = { ...ACCOUNT_ENDPOINTS, ...HAZARD_ENDPOINTS };
    await service.serve(endpoints, {
      ...accountHandlers(service.service),
      ...hazardHandlers(network),
    });
    const home = new Home(context, () => service.clock.nowMs());
    const desk = new Desk(home.context());
    const invitation = service.invitation(service.operatorToken);
    await enrolOperator(invitation, home.folder, desk.around);
    assert.ok(formatInvitation(invitation).length > 0);
    const list = await home.run('hazards', '--json');
    assert.deepEqual(
      list.records.map(({ event_id: id, state }) => [id, state]),
      [['flood/cap:flood of osaka', 'active']],
    );
    for (const argv of LOOKS) await home.run(...argv, '--json');
    const member = new TestMember(service, 'grace');
    const token = await service.token('member', { planId: 'standard' });
    const own = remoteHazards(service.client(await member.join(token)));
    const tables = await own.tables({ level: 3 });
    assert.deepEqual(
      tables.map(({ level }) => level),
      [2],
      'the table of its own level, whichever it asks for',
    );
    assert.equal((await own.events({ which: 'all', outlines: 'yes', limit: 10 })).total, 1);
  });
});

describe('the port', () => {
  it('an event of the tables is shown as the book has it', async (context) => {
    const home = await embedded(context);
    const book = new EventBook();
    book.take(floodAt('osaka', home.nowMs()), { feed: 'test', receivedMs: home.nowMs() });
    const [event] = book.events();
    const { records } = await home.run('hazards', 'show', 'flood', '--json');
    assert.equal(records[0]?.event_id, event?.id);
    assert.deepEqual(records[0]?.names, event?.names);
  });
});

// Goal: on real disasters, message by message as they came, risk, planner and moves decide what the manifests of the
// replays ask for. The whole network plays the same replays; here only the decisions do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GIB, HOUR_MS, must } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import { findCity } from '../placement/cities.ts';
import type { HazardEvent } from './events/hazard-event.ts';
import { readAtcf } from './feeds/atcf.ts';
import { eventOf } from './fixtures.ts';
import type { PackGroup } from './planner/pack-groups.ts';
import { type Plan, replan } from './planner/replan.ts';
import { type PlannerStore, World } from './planner/world.ts';
import { baseShocks } from './risk/base-shocks.ts';
import { ratesOfSites } from './risk/shocks.ts';
import { siteOf } from './risk/sites.ts';
import {
  FIRST_STANCE,
  nextStance,
  type RiskPicture,
  riskPicture,
  type StanceState,
} from './risk/table.ts';

interface Manifest {
  readonly sites: Readonly<Record<string, readonly [number, number]>>;
  readonly network: {
    readonly home: string;
    readonly stores: readonly string[];
    readonly copies: number;
    readonly initial_copies_at: readonly string[];
  };
}

const FOLDER = new URL('../../../data/hazards/', import.meta.url);
const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(new URL(`replay/${name}.json`, FOLDER), 'utf8')) as Manifest;

/** The stores and home of a manifest, with one member's packs where the manifest says. */
class Decisions {
  readonly names: readonly string[];
  readonly #manifest: Manifest;
  readonly #stores: readonly PlannerStore[];
  readonly #base;
  readonly #stances: StanceState[];
  held: number[];

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.names = manifest.network.stores;
    const placeOf = (name: string): StorePlace => {
      const [lat, lon] = must(manifest.sites[name], 'a site');
      const { powerArea } = findCity(`${lat},${lon}`);
      return { city: name, lat, lon, powerArea };
    };
    this.#stores = this.names.map((name) => ({
      site: siteOf(name, placeOf(name)),
      suite: 'aes-256-ctr',
      state: 'active',
      stance: 'calm',
      minimumLevel: 1,
      capacityBytes: 1000 * GIB,
      freeBytes: 900 * GIB,
      costPerGib: 1,
      bytesPerSecond: 1e8,
      regions: [],
    }));
    const { home, initial_copies_at: initial } = manifest.network;
    const sites = [...this.#stores.map(({ site }) => site), siteOf('home', placeOf(home))];
    const base = baseShocks(sites);
    this.#base = { sites, base, baseRates: ratesOfSites(base) };
    this.#stances = this.names.map(() => FIRST_STANCE);
    this.held = initial.map((name) => this.names.indexOf(name));
  }

  at(name: string): number {
    return this.names.indexOf(name);
  }

  /** Risk and plan at this moment; additions of the plan are taken to be there from now on. */
  step(events: readonly HazardEvent[], nowMs: number): { picture: RiskPicture; added: string[] } {
    const picture = riskPicture({ ...this.#base, events, nowMs });
    for (const [index, before] of this.#stances.entries()) {
      this.#stances[index] = nextStance(before, must(picture.sites[index], 'a risk'), nowMs);
    }
    const stores = this.#stores.map((store, index) => {
      return { ...store, stance: this.#stances[index]?.stance ?? 'calm' };
    });
    const homes = [must(this.#base.sites.at(-1), 'home')];
    const world = new World({ stores, homes, picture });
    const { copies } = this.#manifest.network;
    const stored = [...this.held].sort((a, b) => a - b);
    const group: PackGroup = { demand: 0, stores: stored, packs: 1, bytes: GIB };
    const demands = [{ level: 1, home: 0, copies }];
    const plan: Plan = replan({ world, demands, groups: [group], titles: new Map() });
    this.held.push(...plan.additions.map(({ to }) => to));
    return { picture, added: plan.additions.map(({ to }) => this.names[to] ?? '?') };
  }
}

describe('Florence 2018', () => {
  const deck = readFileSync(new URL('nhc/florence-2018-al06-OFCL-adeck.dat', FOLDER));
  const synopticTimes = [...new Set(deck.toString().match(/\b20180[0-9]{5}\b/g) ?? [])];
  const firstGaleMs = Date.UTC(2018, 8, 13, 14);

  it('A8: Wilmington is left before the first gale, and not for the next town in its way', () => {
    const decisions = new Decisions(manifestOf('florence-2018'));
    const additions: { name: string; atMs: number }[] = [];
    for (const synopticTime of synopticTimes) {
      const forecast = must(readAtcf(deck, { synopticTime }).reports[0]?.cyclone, 'a forecast');
      const nowMs = forecast.synopticMs + 3 * HOUR_MS;
      const storm = eventOf({ kind: 'cyclone', id: 'nhc:AL062018', zones: [] });
      const times = { onsetMs: forecast.synopticMs, sentMs: nowMs, endMs: nowMs + 168 * HOUR_MS };
      const { added } = decisions.step([{ ...storm, ...times, cyclone: forecast }], nowMs);
      for (const name of added) additions.push({ name, atMs: nowMs });
    }
    const [first] = additions;
    assert.ok(first !== undefined && first.atMs < firstGaleMs);
    assert.equal(first.name, 'ashburn');
    assert.ok(additions.every(({ name }) => !['monckscorner', 'raleigh'].includes(name)));
    assert.ok(first.atMs <= Date.UTC(2018, 8, 10, 3), 'three and a half days before');
  });
});

describe('Hokkaido 2018', () => {
  it('A8: at the first heartbeat from the blackout a copy is added outside of its grid', () => {
    const decisions = new Decisions(manifestOf('hokkaido-2018'));
    const originMs = Date.UTC(2018, 8, 5, 18, 7, 59);
    const heardMs = Date.UTC(2018, 8, 5, 18, 8, 30);
    const outage = { site: 'ishikari', isGridDown: true, fuelHours: 48 };
    const dark = eventOf({ kind: 'power', zones: [], outage, onsetMs: heardMs, source: 'store' });
    const calmMs = originMs - HOUR_MS;
    assert.deepEqual(decisions.step([], calmMs).added, []);
    const { picture, added } = decisions.step([dark], heardMs);
    assert.deepEqual(added, ['osaka'], 'neither on Hokkaido nor on the grid of Tokyo');
    const site = decisions.at('ishikari');
    const quakeOf = (magnitude: number, lat: number, lon: number): HazardEvent =>
      eventOf({
        kind: 'earthquake',
        id: 'usgs:us2000h8ty',
        zones: [],
        earthquake: {
          originMs,
          epicentre: { lat, lon },
          depthKm: magnitude === 6.7 ? 39 : 31,
          magnitude,
          isMagnitudeAssumed: false,
        },
      });
    const green = { source: 'pager', level: 'green', atMs: 0 } as const;
    const atMs = (minutes: number, seconds: number): number =>
      Date.UTC(2018, 8, 5, 18, minutes, seconds);
    const first = decisions.step([dark, quakeOf(6.7, 42.7, 142)], atMs(22, 47)).picture;
    const later = { ...quakeOf(6.6, 42.7077, 141.9323), hints: [green] };
    const second = decisions.step([dark, later], atMs(36, 19)).picture;
    const unreachable = (one: RiskPicture): number => one.sites[site]?.unreachable ?? 0;
    assert.ok(unreachable(first) >= unreachable(picture));
    assert.ok(unreachable(second) >= unreachable(first), 'a green alert lowers nothing');
    assert.equal(decisions.held.length, 3, 'nothing more, and nothing gone');
  });
});

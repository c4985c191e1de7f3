// Goal: packs in danger get a further copy in a calm place, higher levels first, and nobody takes the room that is
// kept for those above (A8, A20, A24); what lies well stays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB, HOUR_MS, MIB } from '@kura/base';
import { eventOf, NOW_MS, outageAt, type StoreFields, storeIn, worldOf } from '../fixtures.ts';
import { groupPacks, NO_STORE, type PackGroup } from './pack-groups.ts';
import { reasonForNone } from './reasons.ts';
import { rebalance } from './rebalance.ts';
import { type Plan, replan } from './replan.ts';
import { Room, reserveShares } from './reserve.ts';
import type { Demand, World } from './world.ts';

const CITIES = ['ishikari', 'tokyo', 'osaka', 'sendai', 'stockholm'];
const storesIn = (fields: Readonly<Record<string, StoreFields>> = {}) =>
  CITIES.map((city) => storeIn(city, fields[city]));
const at = (city: string): number => CITIES.indexOf(city);
const demandOf = (fields: Partial<Demand> = {}): Demand => ({
  level: 1,
  home: 0,
  copies: 2,
  ...fields,
});
const groupAt = (cities: readonly string[], fields: Partial<PackGroup> = {}): PackGroup => ({
  demand: 0,
  stores: cities.map(at).sort((a, b) => a - b),
  packs: 10,
  bytes: 160 * MIB,
  ...fields,
});

function planOf(world: World, demands: readonly Demand[], groups: readonly PackGroup[]): Plan {
  return replan({ world, demands, groups, titles: new Map([['test:power:ishikari', 'no grid']]) });
}
const targetsOf = (plan: Plan): string[] => plan.additions.map(({ to }) => CITIES[to] ?? '?');

describe('a plan after an event', () => {
  it('A8: adds a copy outside of the danger, for packs in it and no others', () => {
    const world = worldOf({
      stores: storesIn(),
      homes: ['ishikari'],
      events: [outageAt('ishikari')],
    });
    const groups = [groupAt(['ishikari', 'tokyo']), groupAt(['osaka', 'tokyo'])];
    const plan = planOf(world, [demandOf()], groups);
    assert.deepEqual(targetsOf(plan), ['stockholm']);
    assert.equal(plan.additions[0]?.group, 0);
    assert.deepEqual(plan.additions[0]?.sources, [at('tokyo'), at('ishikari')], 'calm one first');
    assert.match(
      plan.additions[0]?.reason ?? '',
      /^ishikari is in danger \(no grid: unreachable 30 %.*; to stockholm: \d+ km from home, other/,
    );
  });

  it('has nothing more to say once its additions are there', () => {
    const world = worldOf({
      stores: storesIn(),
      homes: ['ishikari'],
      events: [outageAt('ishikari')],
    });
    const [addition] = planOf(world, [demandOf()], [groupAt(['ishikari', 'tokyo'])]).additions;
    const after = groupAt(['ishikari', 'tokyo', CITIES[addition?.to ?? 0] ?? '']);
    assert.deepEqual(planOf(world, [demandOf()], [after]).additions, []);
  });

  it('does not flee into the next danger', () => {
    const events = [outageAt('ishikari'), eventOf({ at: 'stockholm', severity: 'extreme' })];
    const world = worldOf({ stores: storesIn(), homes: ['ishikari'], events });
    const plan = planOf(world, [demandOf()], [groupAt(['ishikari', 'tokyo'])]);
    assert.deepEqual(targetsOf(plan), ['osaka'], 'other grid than Tokyo');
  });

  it('A7: more copies wanted are added, one after the other', () => {
    const world = worldOf({ stores: storesIn() });
    const plan = planOf(world, [demandOf({ copies: 4 })], [groupAt(['osaka'])]);
    assert.equal(new Set([at('osaka'), ...plan.additions.map(({ to }) => to)]).size, 4);
  });

  it('D13: a held store takes nothing, and what lies there counts and stays', () => {
    const stores = storesIn({ stockholm: { isHeld: true } });
    const fleeing = worldOf({ stores, homes: ['ishikari'], events: [outageAt('ishikari')] });
    const plan = planOf(fleeing, [demandOf()], [groupAt(['ishikari', 'tokyo'])]);
    assert.deepEqual(targetsOf(plan), ['osaka']);
    const calm = worldOf({ stores });
    const groups = [groupAt(['osaka', 'stockholm']), groupAt(['tokyo', 'stockholm'])];
    const input = { world: calm, demands: [demandOf()], groups, titles: new Map() };
    assert.deepEqual(replan(input).additions, []);
    const rest = { resting: new Set<number>(), budgetBytes: Number.POSITIVE_INFINITY };
    assert.deepEqual(rebalance({ ...input, ...rest }), []);
  });

  it('replaces what a lost store held, and says so', () => {
    const world = worldOf({ stores: storesIn({ osaka: { state: 'lost' } }) });
    const plan = planOf(world, [demandOf()], [groupAt(['osaka', 'stockholm'])]);
    assert.deepEqual(plan.additions[0]?.sources, [at('stockholm')]);
    assert.match(plan.additions[0]?.reason ?? '', /^osaka is lost; to /);
  });

  it('pins and forbidden regions hold also in danger, and what cannot be placed is said', () => {
    const world = worldOf({
      stores: storesIn(),
      homes: ['ishikari'],
      events: [outageAt('ishikari')],
    });
    const group = groupAt(['ishikari', 'tokyo']);
    const inJapan = planOf(world, [demandOf({ pinned: ['JP'] })], [group]);
    assert.deepEqual(targetsOf(inJapan), ['osaka']);
    const nowhere = planOf(world, [demandOf({ pinned: ['ishikari', 'tokyo'] })], [group]);
    assert.deepEqual(nowhere.additions, []);
    assert.equal(nowhere.unplaced[0]?.packs, 10);
    assert.match(nowhere.unplaced[0]?.reason ?? '', /no store is left: .* 3 may not hold it/);
  });

  it('a store that is emptied, away or lost is none that may not hold what can go nowhere', () => {
    const [first, second, third, ...others] = storesIn();
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const stores = [
      { ...first, isDraining: true },
      { ...second, state: 'unreachable' as const },
      { ...third, state: 'lost' as const },
      ...others.map((store) => ({ ...store, minimumLevel: 3 })),
    ];
    const reason = reasonForNone(worldOf({ stores }), demandOf({ level: 1 }), 1024);
    const allowed = `1 are being emptied, 1 are away, ${others.length} may not hold it`;
    assert.equal(reason.split('level 1, ')[1], allowed);
  });
});

describe('room', () => {
  const full = { capacityBytes: 10 * GIB, freeBytes: 3 * GIB };

  it('A24: goes to the higher level first, whoever was there first', () => {
    const narrow = storesIn({
      stockholm: { capacityBytes: 10 * GIB, freeBytes: 2 * GIB },
      osaka: full,
      sendai: full,
      tokyo: full,
    });
    const world = worldOf({ stores: narrow, homes: ['ishikari'], events: [outageAt('ishikari')] });
    const demands = [demandOf({ level: 1 }), demandOf({ level: 3 })];
    const groups = [
      groupAt(['ishikari', 'tokyo'], { demand: 0, packs: 100, bytes: GIB }),
      groupAt(['ishikari', 'tokyo'], { demand: 1, packs: 100, bytes: GIB }),
    ];
    const { additions } = planOf(world, demands, groups);
    assert.equal(additions[0]?.level, 3);
    assert.equal(CITIES[additions[0]?.to ?? 0], 'stockholm');
    const lower = additions.filter(({ level }) => level === 1);
    assert.ok(
      lower.every(({ to }) => CITIES[to] !== 'stockholm'),
      'its rest is kept for level 3',
    );
  });

  it('A24: a lower level never writes into what is kept for a higher one', () => {
    const stores = storesIn({ stockholm: { capacityBytes: 10 * GIB, freeBytes: GIB } });
    const world = worldOf({ stores });
    const shares = reserveShares(world, [demandOf()], []);
    assert.ok((shares[1] ?? 0) > (shares[2] ?? 0) && (shares[2] ?? 0) > 0);
    assert.equal(shares[3], 0);
    const room = new Room(world, shares);
    const usable = [1, 2, 3].map((level) => room.usableBytes(at('stockholm'), level));
    assert.deepEqual(
      usable,
      [...usable].sort((a, b) => a - b),
    );
    assert.ok((usable[0] ?? 1) <= (GIB - 10 * GIB * (shares[1] ?? 0)) / 1.5 + 1);
  });

  it('too little for a whole group is filled, and the rest goes on to the next', () => {
    const tight = { capacityBytes: GIB, freeBytes: 0.3 * GIB };
    const world = worldOf({
      stores: storesIn({ stockholm: tight }),
      homes: ['ishikari'],
      events: [outageAt('ishikari')],
    });
    const group = groupAt(['ishikari', 'tokyo'], { packs: 100, bytes: GIB });
    const { additions } = planOf(world, [demandOf({ level: 3 })], [group]);
    assert.ok(additions.length >= 2);
    assert.equal(
      additions.reduce((sum, { packs }) => sum + packs, 0),
      100,
    );
    const there = additions.find(({ to }) => to === at('stockholm'));
    assert.ok((there?.bytes ?? GIB) <= (0.3 * GIB) / 1.5);
  });

  it('of nearly equal places the one whose line is free is taken', () => {
    const twins = ['one', 'two', 'three'].map((id) => storeIn('sydney', { id }));
    const stores = [storeIn('ishikari'), storeIn('stockholm'), ...twins];
    const world = worldOf({ stores, homes: ['ishikari'], events: [outageAt('ishikari')] });
    const groups = [0, 1, 2].map(
      (): PackGroup => ({ demand: 0, stores: [0, 1], packs: 10, bytes: GIB }),
    );
    const { additions } = planOf(world, [demandOf()], groups);
    assert.deepEqual(new Set(additions.map(({ to }) => to)), new Set([2, 3, 4]));
  });
});

describe('calm times', () => {
  const calm = (world: World, demands: readonly Demand[], groups: readonly PackGroup[]) =>
    rebalance({
      world,
      demands,
      groups,
      titles: new Map(),
      budgetBytes: 10 * GIB,
      resting: new Set(),
    });

  it('what lies well stays', () => {
    const world = worldOf({ stores: storesIn() });
    assert.deepEqual(calm(world, [demandOf()], [groupAt(['ishikari', 'stockholm'])]), []);
  });

  it('A9: after a move of the home, what is near it is copied elsewhere', () => {
    const world = worldOf({ stores: storesIn(), homes: ['osaka'] });
    const [addition] = calm(world, [demandOf()], [groupAt(['osaka', 'stockholm'])]);
    assert.equal(CITIES[addition?.to ?? 0], 'ishikari');
    assert.match(
      addition?.reason ?? '',
      /^the copy in osaka breaks a rule that need not be broken; /,
    );
  });

  it('A6: of the copies that stand only the one of lowest risk may be near home', () => {
    const lies = [groupAt(['ishikari', 'stockholm'])];
    const leaving = (home: string) =>
      calm(worldOf({ stores: storesIn(), homes: [home] }), [demandOf()], lies).map(
        ({ leave, to }) => `${CITIES[leave ?? 9]} to ${CITIES[to]}`,
      );
    assert.deepEqual(leaving('ishikari'), ['ishikari to tokyo']);
    assert.deepEqual(leaving('stockholm'), []);
  });

  it('A6, A9: a device that is elsewhere is kept away from, as home is', () => {
    const world = worldOf({ stores: storesIn(), homes: ['stockholm', 'ishikari'] });
    const lies = [groupAt(['ishikari', 'stockholm'])];
    assert.deepEqual(calm(world, [demandOf()], lies), []);
    const [addition] = calm(world, [demandOf({ device: 1 })], lies);
    assert.equal(CITIES[addition?.to ?? 9], 'tokyo');
    const { reason = '' } = addition ?? {};
    assert.match(reason, /\d{4} km from home, 845 km from the device in ishikari, /);
  });

  it('A7: what a lower level may not use any more makes way', () => {
    const world = worldOf({ stores: storesIn({ ishikari: { minimumLevel: 3 } }) });
    const group = groupAt(['ishikari', 'stockholm']);
    const [addition] = calm(world, [demandOf({ level: 1 })], [group]);
    assert.match(addition?.reason ?? '', /do not allow ishikari any more/);
    assert.deepEqual(calm(world, [demandOf({ level: 3 })], [group]), []);
  });

  it('A24: reserves are won back from the lowest level, adding elsewhere first', () => {
    const stores = storesIn({ stockholm: { capacityBytes: 10 * GIB, freeBytes: 0.1 * GIB } });
    const world = worldOf({ stores });
    const demands = [demandOf({ level: 1 }), demandOf({ level: 3 })];
    const groups = [0, 1].map((demand) => groupAt(['ishikari', 'stockholm'], { demand }));
    const additions = calm(world, demands, groups);
    assert.deepEqual(
      additions.map(({ group }) => group),
      [0],
    );
    assert.match(additions[0]?.reason ?? '', /^stockholm is fuller than level 1 may make it/);
  });

  it('waits for calm around the pack, for the budget, and for packs that rest', () => {
    const groups = [groupAt(['osaka', 'stockholm'])];
    const moved = worldOf({ stores: storesIn(), homes: ['osaka'] });
    const input = { world: moved, demands: [demandOf()], groups, titles: new Map() };
    const budgetBytes = 10 * GIB;
    const resting = new Set<number>();
    assert.equal(rebalance({ ...input, budgetBytes, resting }).length, 1);
    assert.deepEqual(rebalance({ ...input, budgetBytes: MIB, resting }), []);
    assert.deepEqual(rebalance({ ...input, budgetBytes, resting: new Set([0]) }), []);
    const raised = worldOf({ stores: storesIn({ osaka: { minimumLevel: 2 } }), homes: ['osaka'] });
    const after = rebalance({ ...input, world: raised, budgetBytes, resting: new Set([0]) });
    assert.deepEqual(
      after.map(({ leave }) => leave),
      [at('osaka')],
      'A7: what the level does not allow any more waits for no rest',
    );
    const restless = worldOf({
      stores: storesIn(),
      homes: ['osaka'],
      events: [outageAt('osaka')],
    });
    assert.deepEqual(rebalance({ ...input, world: restless, budgetBytes, resting }), []);
  });
});

describe('groups of packs', () => {
  it('hold every pack once, whatever the order of its copies', () => {
    const count = 20_000;
    const demand = Uint32Array.from({ length: count }, (_, pack) => pack % 300);
    const sizeBytes = new Uint32Array(count).fill(7);
    const stores = new Uint16Array(3 * count).fill(NO_STORE);
    for (let pack = 0; pack < count; pack++) {
      const pair = pack % 2 === 0 ? [pack % 50, 60] : [60, pack % 50];
      stores.set(pair, 3 * pack);
    }
    const { groups, groupOf } = groupPacks({ demand, sizeBytes, stores, width: 3 });
    assert.equal(
      groups.reduce((sum, group) => sum + group.packs, 0),
      count,
    );
    assert.equal(
      groups.reduce((sum, group) => sum + group.bytes, 0),
      7 * count,
    );
    const keys = groups.map((group) => `${group.demand}:${group.stores.join()}`);
    assert.equal(new Set(keys).size, groups.length);
    for (let pack = 0; pack < count; pack++) {
      const key = `${demand[pack]}:${[pack % 50, 60].join()}`;
      assert.equal(keys[groupOf[pack] ?? -1], key);
    }
  });
});

it('an outage far in the future of its fuel is urgent later than a fresh one', () => {
  const world = worldOf({ stores: storesIn(), events: [outageAt('ishikari')] });
  const harmMs = world.picture.harmMs[at('ishikari')] ?? 0;
  assert.ok(harmMs > NOW_MS && harmMs <= NOW_MS + 48 * HOUR_MS);
});

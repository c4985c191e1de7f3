// Goal: there is a table per level, it follows hazards, levels and room, and its first row is where a first copy goes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GIB } from '@kura/base';
import { outageAt, storeIn, worldOf } from '../fixtures.ts';
import { changesBetween, type RiskTable } from '../risk/table.ts';
import { planSet } from './plan.ts';
import { reserveShares } from './reserve.ts';
import { riskTables } from './tables.ts';
import type { World } from './world.ts';

const stores = [
  storeIn('tokyo'),
  storeIn('stockholm', { minimumLevel: 3 }),
  storeIn('osaka', { capacityBytes: 10 * GIB, freeBytes: 0.8 * GIB }),
  storeIn('ishikari'),
];
const tablesOf = (world: World): RiskTable[] => riskTables(world, reserveShares(world, [], []));
const idsOf = (table: RiskTable | undefined): string[] =>
  table?.rows.map((row) => row.storeId) ?? [];

it('A20: every level has its table: its stores, the lowest risk first, its room', () => {
  const world = worldOf({ stores });
  const [one, two, three] = tablesOf(world);
  assert.deepEqual(idsOf(one), ['ishikari', 'tokyo', 'osaka']);
  assert.deepEqual(idsOf(three), ['stockholm', 'ishikari', 'tokyo', 'osaka']);
  const roomAt = (table: RiskTable | undefined): number =>
    table?.rows.find((row) => row.storeId === 'osaka')?.usableBytes ?? -1;
  assert.equal(roomAt(one), 0, 'what is left is kept for the levels above');
  assert.ok(roomAt(two) > 0 && roomAt(three) > roomAt(two));
});

it('A6: the first copy goes to the first row', () => {
  const world = worldOf({ stores });
  for (const [index, table] of tablesOf(world).entries()) {
    const demand = { level: index + 1, home: 0, copies: 1 };
    const added = planSet({ world, demand, hasRoom: () => true }, [], 1)?.added ?? [];
    assert.deepEqual(
      added.map((store) => world.store(store).site.id),
      idsOf(table).slice(0, 1),
    );
  }
});

it('A20: an event changes the rows that it reaches, and closes them', () => {
  const [before] = tablesOf(worldOf({ stores }));
  const [after] = tablesOf(worldOf({ stores, events: [outageAt('ishikari')] }));
  assert.ok(before !== undefined && after !== undefined);
  const [change, ...others] = changesBetween(before, after);
  assert.equal(change?.storeId, 'ishikari');
  assert.deepEqual(others, []);
  assert.equal(change?.after?.stance, 'leave');
  assert.equal(change?.after?.usableBytes, 0);
  assert.equal(change?.after?.causes[0]?.eventId, 'test:power:ishikari');
});

// Goal: what is in danger finds a place while there is one that is safer: a calm one first, else one under watch.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GIB } from '@kura/base';
import { outageAt, storeIn, worldOf } from '../fixtures.ts';
import type { Stance } from '../risk/table.ts';
import { type Plan, replan } from './replan.ts';

function planWith(osaka: Stance, others: readonly ReturnType<typeof storeIn>[] = []): Plan {
  const stores = [storeIn('ishikari'), storeIn('osaka', { stance: osaka }), ...others];
  const world = worldOf({ stores, homes: ['sydney'], events: [outageAt('ishikari')] });
  const groups = [{ demand: 0, stores: [0], packs: 1, bytes: GIB }];
  const demands = [{ level: 1, home: 0, copies: 1 }];
  return replan({ world, demands, groups, titles: new Map() });
}

const targets = ({ additions }: Plan): readonly number[] => additions.map(({ to }) => to);

it('A8: a store under watch takes what is in danger, if no calm one is left', () => {
  assert.deepEqual(targets(planWith('watch')), [1]);
  assert.deepEqual(targets(planWith('watch', [storeIn('tokyo')])), [2], 'the calm one');
  const full = storeIn('tokyo', { freeBytes: 0 });
  assert.deepEqual(targets(planWith('watch', [full])), [1], 'the calm one is full');
});

it('A8: a store that is in danger itself takes nothing', () => {
  const { additions, unplaced } = planWith('leave');
  assert.deepEqual(additions, []);
  assert.match(unplaced[0]?.reason ?? '', /no store is left: 2 are in danger/);
});

it('a store that is only emptied sends nothing to one under watch: that can wait', () => {
  const stores = [storeIn('ishikari', { isDraining: true }), storeIn('osaka', { stance: 'watch' })];
  const world = worldOf({ stores, homes: ['sydney'] });
  const groups = [{ demand: 0, stores: [0], packs: 1, bytes: GIB }];
  const demands = [{ level: 1, home: 0, copies: 1 }];
  const { additions } = replan({ world, demands, groups, titles: new Map() });
  assert.deepEqual(additions, []);
});

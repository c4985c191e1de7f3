// The risk table of each level (row A20) from the world as it is: every store that the level may use, its risk, its
// stance, and the room that is left to the level when the reserves of those above are kept.
import { HIGHEST_LEVEL, LOWEST_LEVEL } from '../../members/level.ts';
import type { RiskRow, RiskTable } from '../risk/table.ts';
import { type ReserveShares, Room } from './reserve.ts';
import type { World } from './world.ts';

export function riskTables(world: World, shares: ReserveShares): RiskTable[] {
  const room = new Room(world, shares);
  const tables: RiskTable[] = [];
  for (let level = LOWEST_LEVEL; level <= HIGHEST_LEVEL; level++) {
    const rows = world.stores.flatMap((store, index): RiskRow[] => {
      const risk = world.picture.sites[index];
      if (risk === undefined || store.state !== 'active' || store.minimumLevel > level) return [];
      const isOpen = store.stance === 'calm';
      return [
        {
          storeId: store.site.id,
          stance: store.stance,
          lost: risk.lost,
          unreachable: risk.unreachable,
          lostPerYear: world.riskOf(index),
          causes: risk.causes,
          usableBytes: isOpen ? room.usableBytes(index, level) : 0,
        },
      ];
    });
    rows.sort((a, b) => a.lostPerYear - b.lostPerYear || (a.storeId < b.storeId ? -1 : 1));
    tables.push({ level, atMs: world.picture.atMs, rows });
  }
  return tables;
}

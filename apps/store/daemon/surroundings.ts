// What a store's programs are given: the machine, time, chance, and where they say what happens.
import type { AlarmClock, Disk, Random } from '@kura/base';
import type { Log, Metrics } from '@kura/daemon';
import type { Native } from '@kura/native';

export interface StoreSurroundings {
  readonly disk: Disk;
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: AlarmClock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

// What the programs of a coordinator and a gateway are given: the machine, time, chance, and where they say what
// happens.
import type { AlarmClock, Random } from '@kura/base';
import type { Log, Metrics } from '@kura/daemon';
import type { Native } from '@kura/native';

export interface CoordinatorSurroundings {
  readonly native: Native;
  readonly clock: AlarmClock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

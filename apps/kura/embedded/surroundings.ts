// The real machine: disk, clock, chance and native code, in one place. A simulation brings its own.
import { type Clock, type Disk, type Random, systemClock, systemRandom } from '@kura/base';
import { loadNative, type Native, nodeDisk } from '@kura/native';

export interface Surroundings {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly native: Native;
}

export function realSurroundings(): Surroundings {
  return { disk: nodeDisk, clock: systemClock, random: systemRandom, native: loadNative() };
}

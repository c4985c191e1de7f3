// How long something waits before it is tried again: a minute, then twice as long each time, up to an hour.
import { HOUR_MS, MINUTE_MS } from '@kura/base';

export const waitAfter = (tries: number): number => Math.min(HOUR_MS, MINUTE_MS * 2 ** tries);

// How late the process's turns are: a program whose loop is held up answers late, whatever it answers.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type AlarmClock, SECOND_MS } from '@kura/base';
import type { Metrics } from '../metrics.ts';

const LOOK_MS = 10 * SECOND_MS;
const PERCENTILE = 99;
const NANOSECONDS = 1e9;

/** Notes the 99th percentile of every ten seconds; the answer ends it. */
export function watchLoop(metrics: Metrics, clock: AlarmClock): () => void {
  const delays = monitorEventLoopDelay();
  const gauge = metrics.gauge('kura_event_loop_delay_seconds');
  delays.enable();
  const look = (): void => {
    gauge.set(delays.percentile(PERCENTILE) / NANOSECONDS);
    delays.reset();
    disarm = clock.after(LOOK_MS, look);
  };
  let disarm = clock.after(LOOK_MS, look);
  return () => {
    disarm();
    delays.disable();
  };
}

// The cosigner of a service: what witnesses do and leave undone is in the log and the figures of its program.
import type { AlarmClock } from '@kura/base';
import type { Log, Metrics } from '@kura/daemon';
import type { Network } from '../network.ts';
import { Cosigner } from './cosigner.ts';

export function openCosigner(
  network: Network,
  around: { readonly clock: AlarmClock; readonly log: Log; readonly metrics: Metrics },
): Cosigner {
  const { log, metrics, clock } = around;
  const lag = metrics.gauge('kura_witness_lag_leaves');
  const cosigner = new Cosigner({
    ...{ database: network.database, log: network.charter.log, clock },
    onTrouble: (witness, trouble, why) => {
      if (trouble === undefined) log.event('info', 'witness cosigns', { witness });
      else log.event('error', `witness: ${trouble}`, { witness, why });
    },
    onFailure: (why) => log.event('warning', 'cosigning failed', { why }),
    onLag: (witness, leaves) => lag.set(leaves, { witness }),
  });
  network.cosignWith(cosigner);
  return cosigner;
}

// What an edge tells of each request, as one line of the log and figures.
import { SECOND_MS } from '@kura/base';
import type { RequestFacts } from '@kura/wire/server/edge.ts';
import type { Log, LogFields } from './log.ts';
import type { Metrics } from './metrics.ts';

function callerFields({ caller }: RequestFacts): LogFields {
  if (caller.kind !== 'certified') return { role: caller.kind, address: caller.address };
  const { name } = caller;
  if (name.role === 'device') return { role: name.role, member: name.member, device: name.device };
  return { role: name.role, [name.role]: name.role === 'store' ? name.store : name.id };
}

/** What an edge tells: requests, and certificates that nobody can judge. */
export function edgeLog(
  log: Log,
  metrics: Metrics,
): {
  readonly onRequest: (facts: RequestFacts) => void;
  readonly onUnjudged: (address: string, error: unknown) => void;
} {
  return {
    onRequest: requestLog(log, metrics),
    onUnjudged: (address, error) => {
      const why = error instanceof Error ? error.message : String(error);
      log.event('warning', 'a certificate could not be judged', { address, why });
    },
  };
}

/** Errors that are not ours to answer are logged with their own words. */
function requestLog(log: Log, metrics: Metrics): (facts: RequestFacts) => void {
  const requests = metrics.counter('kura_requests_total');
  const seconds = metrics.histogram('kura_request_seconds');
  const bytes = metrics.counter('kura_bytes_total');
  return (facts) => {
    const { endpoint = 'none', code, error, durationMs, receivedBytes, sentBytes } = facts;
    requests.add(1, { endpoint, code: code ?? 'ok' });
    seconds.observe(durationMs / SECOND_MS, { endpoint });
    bytes.add(receivedBytes, { direction: 'received' });
    bytes.add(sentBytes, { direction: 'sent' });
    const isOurs = code === 'io' || code === 'data_lost';
    log.event(isOurs ? 'error' : 'info', 'request', {
      ...callerFields(facts),
      ...{ requestId: facts.requestId, endpoint, status: facts.status, code },
      ...{ receivedBytes, sentBytes, durationMs: Math.round(durationMs) },
      why: error instanceof Error ? causeOf(error) : undefined,
    });
  };
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

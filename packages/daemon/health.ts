// The three pages for whoever watches a program: whether it lives, whether it serves, and its figures.
import { type PlainAnswer, type PlainService, servePlain } from '@kura/wire/server/plain.ts';
import type { Metrics } from './metrics.ts';

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OK = 200;
const NOT_READY = 503;

export interface HealthOptions {
  /** "127.0.0.1:9443" */
  readonly address: string;
  /** Reasons why it is not ready; none: it is. */
  readonly ready: () => readonly string[];
  readonly metrics: Metrics;
}

/** `/live` answers as long as the process turns; `/ready` with reasons; `/metrics` for Prometheus. */
export function openHealth({ address, ready, metrics }: HealthOptions): Promise<PlainService> {
  const page = (status: number, text: string): PlainAnswer => ({ status, type: TEXT, text });
  return servePlain(address, {
    '/live': () => page(OK, 'live\n'),
    '/ready': () => {
      const reasons = ready();
      return reasons.length === 0
        ? page(OK, 'ready\n')
        : page(NOT_READY, `${reasons.join('\n')}\n`);
    },
    '/metrics': () => ({ status: OK, type: PROMETHEUS, text: metrics.text() }),
  });
}

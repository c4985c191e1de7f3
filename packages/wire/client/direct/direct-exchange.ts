// A call without a body over a direct line: its deadline is kept here, as `exchange.ts` keeps it over Node's HTTP.
import { type AlarmClock, asKuraError, assert, KuraError } from '@kura/base';
import type { IncomingAnswer } from '../../incoming-answer.ts';
import { LostExchange } from '../exchange.ts';
import { deadlineOf, type PreparedCall } from '../prepare.ts';
import type { Line } from './line.ts';
import type { Lines } from './lines.ts';

export interface DirectContext {
  readonly lines: Lines;
  readonly host: string;
  readonly clock: AlarmClock;
}

function requestOf({ endpoint, path, headers }: PreparedCall, host: string): string {
  const fields = Object.entries({ Host: host, ...headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  return `${[`${endpoint.method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
}

/** The head of the answer; its body has to be read or destroyed. Throws `LostExchange`, `corrupt` for no answer. */
export async function directExchange(
  call: PreparedCall,
  { lines, host, clock }: DirectContext,
): Promise<{ readonly message: IncomingAnswer; readonly isWhole: true }> {
  assert(call.body === undefined, 'a direct line carries no bodies that way');
  const ending = new AbortController();
  const deadlineMs = deadlineOf(call);
  const why = `no answer to ${call.endpoint.name} in ${deadlineMs / 1000} s`;
  const disarm = clock.after(deadlineMs, () => ending.abort(new KuraError('unreachable', why)));
  const { signal } = call;
  const stop = (): void =>
    ending.abort(new KuraError('interrupted', 'the call was stopped', { cause: signal?.reason }));
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  let line: Line | undefined;
  let wasReused = false;
  try {
    line = await lines.take(ending.signal);
    wasReused = line.hasServed;
    const message = await line.ask(requestOf(call, host), ending.signal);
    return { message, isWhole: true };
  } catch (error) {
    const reason = ending.signal.aborted ? ending.signal.reason : error;
    const known = asKuraError(reason, `the connection to ${host} failed`);
    if (known.code === 'corrupt') throw known;
    throw new LostExchange(known, { wasSent: line !== undefined, wasReused });
  } finally {
    disarm();
    signal?.removeEventListener('abort', stop);
  }
}

// The program of a line's thread: builds the line from its blueprint and serves calls until it is ended.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { PackLine } from '@kura/agent';
import { must } from '@kura/base';
import { buildLine, type LineBlueprint } from './line.ts';
import { sendable } from './sent-error.ts';
import { realSurroundings } from './surroundings.ts';
import type { FromLine, LineCall, ToLine } from './thread-protocol.ts';

const port: MessagePort = must(parentPort, 'a line runs in a thread');
const rescues = new Map<number, (isRescued: boolean) => void>();

function say(message: FromLine, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...transfer]);
}

const line = buildLine(
  workerData as LineBlueprint,
  {
    onFinished: (pack) => say({ kind: 'finished', pack: withoutLeafHashes(pack) }),
    rescue: (packNumber) =>
      new Promise((resolve) => {
        rescues.set(packNumber, resolve);
        say({ kind: 'rescue', packNumber });
      }),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  },
  realSurroundings(),
);

/** The planner keeps no leaf hashes: they were checked here. */
function withoutLeafHashes<Pack extends { readonly record: import('@kura/contract').PackRecord }>(
  pack: Pack,
): Pack {
  const copies = pack.record.copies.map((copy) => ({ ...copy, leafHashes: new Uint8Array(0) }));
  return { ...pack, record: { ...pack.record, copies } };
}

async function serve({ call, method, argument }: LineCall): Promise<void> {
  try {
    const work = line[method] as (this: PackLine, argument: unknown) => Promise<unknown>;
    const value = await work.call(line, argument);
    say({ kind: 'answer', call, value });
  } catch (error) {
    say({ kind: 'failure', call, error: sendable(error) });
  }
}

port.on('message', (message: ToLine) => {
  if ('rescued' in message) {
    rescues.get(message.rescued)?.(message.isRescued);
    rescues.delete(message.rescued);
    return;
  }
  void serve(message);
});
say({ kind: 'ready' });

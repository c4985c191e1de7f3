// The thread's side of ThreadCaller: serves calls by name from an object of functions.
import { parentPort } from 'node:worker_threads';
import { must } from '@kura/base';
import { sendable } from './sent-error.ts';
import type { FromThread, ToThread } from './thread-protocol.ts';

export type Methods = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

export interface ThreadServer<News> {
  say(news: News): void;
  /** From here on calls are served; the other side learns that the thread is ready. */
  serve(methods: Methods, onTold?: (message: unknown) => void): void;
}

export function threadServer<News>(): ThreadServer<News> {
  const port = must(parentPort, 'this program runs in a thread');
  const send = (message: FromThread<News>): void => port.postMessage(message);
  return {
    say: (news) => send({ kind: 'news', news }),
    serve(methods, onTold) {
      port.on('message', (message: ToThread) => {
        if ('told' in message) onTold?.(message.told);
        else void answer(message, methods, send);
      });
      send({ kind: 'answer', call: 0, value: undefined });
    },
  };
}

async function answer<News>(
  { call, method, argument }: Extract<ToThread, { readonly call: number }>,
  methods: Methods,
  send: (message: FromThread<News>) => void,
): Promise<void> {
  try {
    const work = must(methods[method], `a thread has no method ${method}`);
    send({ kind: 'answer', call, value: await work(argument as never) });
  } catch (error) {
    send({ kind: 'failure', call, error: sendable(error) });
  }
}

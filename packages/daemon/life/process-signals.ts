// The signals of this process, as `run.ts` wants them.
import type { Signals } from './run.ts';

const EVENTS = {
  // The last: whoever started it over a channel, as `kura up` does, is gone.
  stop: ['SIGTERM', 'SIGINT', 'disconnect'],
  reload: ['SIGHUP'],
  unexpected: ['uncaughtException', 'unhandledRejection'],
} as const;

/** `process`: the one and only, or a stand-in. */
export function processSignals(process: NodeJS.EventEmitter): Signals {
  return {
    on: (what, listener) => {
      const told = (given: unknown): void => listener(what === 'unexpected' ? given : undefined);
      for (const event of EVENTS[what]) process.on(event, told);
      return () => {
        for (const event of EVENTS[what]) process.removeListener(event, told);
      };
    },
  };
}

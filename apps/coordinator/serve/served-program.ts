// A program of a service around what runs while it lives: nothing of it is there before it starts. Coordinators and
// gateways differ in what that is, not in how they are started, asked and stopped.
import type { Program } from '@kura/daemon';

/** What a program is while it runs. */
export interface Running {
  /** "host:port" as bound; undefined before it listens. */
  readonly address: string | undefined;
  /** Resolves when it serves. */
  serve(): Promise<void>;
  /** Certificates anew. */
  reload(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** With the address at which it is reached from this machine; undefined before it listens. */
export type ServedProgram = Program & Pick<Running, 'address'>;

/** `open`: the tables are open and the secrets are read when it resolves; nothing is served yet. */
export function servedProgram(open: () => Promise<Running>): ServedProgram {
  let running: Running | undefined;
  return {
    get address() {
      return running?.address;
    },
    start: async () => {
      running = await open();
      await running.serve();
    },
    ready: () => (running === undefined ? ['the tables are not open'] : []),
    reload: async () => {
      await running?.reload();
    },
    stop: async (graceMs) => {
      await running?.stop(graceMs);
    },
  };
}

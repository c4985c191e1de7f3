// A server of a test on a free port of this machine.
import type { Server } from 'node:net';

/** Its address. */
export function listen(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      resolve(`127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`);
    }),
  );
}

// A port of loopback for a program whose file has to name one before it starts.
import net from 'node:net';

/** One that nobody listens on. Another program may take it before it is used: then that says so. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close();
      if (bound !== null && typeof bound === 'object') resolve(bound.port);
      else reject(new Error('no port is free'));
    });
  });
}

// A port of loopback for a program whose file has to name one before it starts, and who listens there again after a
// kill.
import net from 'node:net';
import { systemRandom } from '@kura/base';

/** Below the ports that systems give to whoever names none: no connection gets one of these by chance. */
const PORTS = { from: 10_000, until: 20_000 } as const;
const HOST = '127.0.0.1';
/** The same port of this address stands for it as long as this process lives: no other test is given it. */
const MARKER = '127.0.0.2';

const markers: net.Server[] = [];

/** One that nobody listens on, and that nobody else is given who asks here. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + systemRandom.below(PORTS.until - PORTS.from);
    const marker = await listen(MARKER, port);
    if (marker === undefined) continue;
    marker.unref();
    const tried = await listen(HOST, port);
    if (tried === undefined) {
      marker.close();
      continue;
    }
    await new Promise((resolve) => tried.close(resolve));
    markers.push(marker);
    return port;
  }
}

/** Undefined if somebody has it. */
function listen(host: string, port: number): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}

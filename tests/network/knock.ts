// What somebody on this machine finds at an address: run as a program of its own, since a test cannot be in another
// network namespace. `knock.ts ports HOST`: prints the ports that take a connection. `knock.ts tls HOST PORT`: whether
// the port takes a connection, and how many bytes of an answer there were to the first words of TLS.
import net from 'node:net';
import tls from 'node:tls';

const LAST_PORT = 65_535;
const AT_ONCE = 256;

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const settle = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}

async function openPorts(host: string): Promise<readonly number[]> {
  const open: number[] = [];
  let next = 1;
  const lane = async (): Promise<void> => {
    for (let port = next++; port <= LAST_PORT; port = next++) {
      if (await isOpen(host, port)) open.push(port);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return open.sort((a, b) => a - b);
}

interface Answer {
  readonly isTaken: boolean;
  readonly bytes: number;
}

function firstWords(host: string, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    let isTaken = false;
    socket.once('connect', () => {
      isTaken = true;
    });
    const speaking = tls.connect({ socket, rejectUnauthorized: false });
    const settle = (): void => {
      speaking.destroy();
      resolve({ isTaken, bytes: socket.bytesRead });
    };
    speaking.once('secureConnect', settle);
    speaking.once('error', settle);
    speaking.once('close', settle);
  });
}

const [verb, host = '', port] = process.argv.slice(2);
const found = verb === 'ports' ? await openPorts(host) : await firstWords(host, Number(port));
process.stdout.write(`${JSON.stringify(found)}\n`);

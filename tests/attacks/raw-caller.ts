// A caller without manners: writes whatever an attack wants, and tells in one word how it was answered.
import net from 'node:net';
import tls from 'node:tls';
import { parseAddress } from '@kura/wire/address.ts';
import { RawSocket } from '@kura/wire/test-socket.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';

/** "405 hostile": status and code of the first answer; "closed": the connection ended without one. */
export type Answered = string;

export const CLOSED: Answered = 'closed';

export async function askRaw(
  address: string,
  text: string | Uint8Array,
  identity?: TlsIdentity,
): Promise<Answered> {
  let socket: RawSocket;
  try {
    socket = await RawSocket.open(address, identity);
  } catch {
    return CLOSED; // before TLS had begun
  }
  try {
    const { status, code } = await socket.write(text).answer();
    return code === undefined ? String(status) : `${status} ${code}`;
  } catch {
    return CLOSED;
  } finally {
    socket.end();
  }
}

/** All that comes back until the other end closes. */
export async function hearAll(
  address: string,
  text: string,
  identity?: TlsIdentity,
): Promise<string> {
  const socket = await RawSocket.open(address, identity);
  socket.write(text);
  await socket.ended;
  return socket.text;
}

/** Writes, and is gone as soon as the bytes are. */
export async function breakOff(
  address: string,
  bytes: Uint8Array,
  identity: TlsIdentity,
): Promise<void> {
  const { tls: socket, ended } = await RawSocket.open(address, identity);
  socket.end(bytes, () => socket.destroy());
  await ended;
}

/** Over TCP without TLS. */
export function askPlainly(address: string, text: string): Promise<Answered> {
  return untilEnd(net.connect(parseAddress(address)), text);
}

/** Over a TLS that is too old. */
export function askOverOldTls(
  address: string,
  text: string,
  { certificatePem, keyPem }: TlsIdentity,
): Promise<Answered> {
  const options = { rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const;
  const identity = { cert: certificatePem, key: keyPem };
  return untilEnd(tls.connect({ ...parseAddress(address), ...options, ...identity }), text);
}

function untilEnd(socket: net.Socket, text: string): Promise<Answered> {
  return new Promise((resolve) => {
    let came = '';
    socket.on('data', (piece: Buffer) => {
      came += piece.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(came === '' ? CLOSED : came.slice(0, 60)));
    socket.write(text);
  });
}

/** A request line and headers, as they are sent. */
export function request(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
}

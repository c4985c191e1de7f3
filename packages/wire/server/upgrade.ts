// A request that changes the roles of its connection: judged like any other, answered with `101` or an error
// written by hand, because HTTP has let go of the connection by then.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { KuraError } from '@kura/base';
import { JSON_TYPE, PROTOCOL } from '../client/prepare.ts';
import { http } from '../node-http.ts';
import { statusOf } from '../status.ts';
import { encodeError, toAnswerable } from '../wire-error.ts';
import type { Connection } from './connection.ts';
import type { TakeOver } from './handler.ts';
import { type RequestContext, ServedRequest } from './request.ts';

const SWITCHING = 101;

/** An answer that ends the connection, where there is no response object to write it. */
export function endWithError(socket: Duplex, error: KuraError, requestId: string): void {
  const status = statusOf(error.code);
  const body = encodeError(error, requestId);
  const head = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    `Kura-Protocol: ${PROTOCOL}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.end(body, () => socket.destroy());
}

function checkUpgrade(message: IncomingMessage, head: Uint8Array, protocol: string): void {
  const { upgrade, connection } = message.headers;
  if (upgrade !== protocol || connection?.toLowerCase() !== 'upgrade') {
    throw new KuraError('hostile', `this connection becomes "${protocol}" or nothing`);
  }
  if (head.length > 0) {
    throw new KuraError('hostile', 'nothing may be sent before the upgrade is answered');
  }
}

/** Never throws. */
export async function serveUpgrade(
  context: RequestContext,
  connection: Connection,
  { message, head }: { readonly message: IncomingMessage; readonly head: Uint8Array },
): Promise<void> {
  const { socket } = connection;
  const request = new ServedRequest(context, connection, message);
  try {
    const call = await request.judge(undefined);
    const { answer } = request.endpoint;
    if (answer.kind !== 'upgrade') throw new KuraError('hostile', 'there is no upgrade here');
    checkUpgrade(message, head, answer.protocol);
    const takeOver = (await request.run(call)) as TakeOver;
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      `Upgrade: ${answer.protocol}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    request.switched(SWITCHING);
    connection.release();
    takeOver(socket);
  } catch (error) {
    request.noteError(error);
    if (socket.destroyed) return;
    endWithError(socket, toAnswerable(error), request.requestId);
  } finally {
    request.end();
  }
}

// A small table of endpoints for tests of both ends: one of each kind, and handlers that keep blobs in memory.
import { KIB, MIB } from '@kura/base';
import { defineEndpoints, json, raw, UNDIGESTED } from '@kura/contract/wire/endpoint.ts';
import { flag, record, text, whole } from '@kura/contract/wire/shape.ts';
import { readWhole } from './body.ts';
import type { Handlers } from './server/handler.ts';

const word = text({ maxLength: 20 });

export const TABLE = defineEndpoints({
  describe: {
    method: 'GET',
    path: '/v1/service',
    who: 'nobody',
    answer: json(record({ text: word })),
  },
  greet: {
    method: 'GET',
    path: '/v1/greetings/{name}',
    who: 'device',
    parameters: { name: word },
    query: { times: whole({ min: 1, max: 9 }) },
    answer: json(record({ text: text({ maxLength: 400 }) })),
  },
  keep: {
    method: 'PUT',
    path: '/v1/blobs/{name}',
    who: 'device',
    parameters: { name: word },
    request: raw(4 * MIB),
    answer: json(record({ isKept: flag })),
    isIdempotent: true,
  },
  keepAwaited: {
    method: 'POST',
    path: '/v1/blobs/{name}',
    who: 'device',
    parameters: { name: word },
    request: raw(4 * MIB, { isAwaited: true }),
    answer: json(record({ isKept: flag })),
  },
  fetch: {
    method: 'GET',
    path: '/v1/blobs/{name}',
    who: 'key',
    parameters: { name: word },
    answer: raw(4 * MIB, UNDIGESTED),
  },
  forget: {
    method: 'POST',
    path: '/v1/blobs/forget',
    who: 'device',
    request: json(record({ name: word }), KIB),
  },
  dial: {
    method: 'GET',
    path: '/v1/dial',
    who: 'store',
    answer: { kind: 'upgrade', protocol: 'test/1' },
  },
});

/** Handlers that keep what they are given in `blobs`. */
export function handlersOver(blobs: Map<string, Uint8Array>): Handlers<typeof TABLE> {
  return {
    describe: async () => ({ text: 'a service' }),
    greet: async ({ params, query }) => ({ text: params.name.repeat(query.times) }),
    keep: async ({ params, body }) => {
      blobs.set(params.name, await readWhole(body));
      return { isKept: true };
    },
    keepAwaited: async ({ params, body }) => {
      if (blobs.has(params.name)) return { isKept: false };
      blobs.set(params.name, await readWhole(body));
      return { isKept: true };
    },
    fetch: async ({ params }) => ({ bytes: blobs.get(params.name) ?? new Uint8Array() }),
    forget: async ({ body }) => {
      blobs.delete(body.name);
    },
    dial: async () => (connection) => connection.end('taken over'),
  };
}

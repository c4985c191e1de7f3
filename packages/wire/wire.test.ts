import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, KuraError, MIB } from '@kura/base';
import { defineEndpoints, json, raw, UNDIGESTED } from '@kura/contract/wire/endpoint.ts';
import { flag, record, text, whole } from '@kura/contract/wire/shape.ts';
import { readWhole } from './body.ts';
import { TestNetwork } from './test-network.ts';

const word = text({ maxLength: 20 });
const TABLE = defineEndpoints({
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
    request: raw(16 * MIB),
    answer: json(record({ isKept: flag })),
    isIdempotent: true,
  },
  fetch: {
    method: 'GET',
    path: '/v1/blobs/{name}',
    who: 'device',
    parameters: { name: word },
    answer: raw(16 * MIB, UNDIGESTED),
  },
  forget: {
    method: 'POST',
    path: '/v1/blobs/forget',
    who: 'device',
    request: json(record({ name: word })),
  },
});

describe('wire', () => {
  it('carries JSON, bytes in both directions and nothing', async (test) => {
    const network = new TestNetwork(test);
    const blobs = new Map<string, Uint8Array>();
    const edge = await network.serve({
      endpoints: TABLE,
      handlers: {
        greet: async ({ params, query }) => ({ text: params.name.repeat(query.times) }),
        keep: async ({ params, body }) => {
          blobs.set(params.name, await readWhole(body));
          return { isKept: true };
        },
        fetch: async ({ params }) => ({ bytes: blobs.get(params.name) ?? new Uint8Array() }),
        forget: async ({ body }) => {
          blobs.delete(body.name);
        },
      },
    });
    const client = network.client(edge.address, { identity: network.identity('device') });
    const greeting = await client.call(TABLE.greet, {
      params: { name: 'ab' },
      query: { times: 3 },
    });
    assert.equal(greeting.text, 'ababab');
    const bytes = network.random.bytes(3 * MIB + 17);
    const kept = await client.call(TABLE.keep, { params: { name: 'x' }, body: { bytes } });
    assert.equal(kept.isKept, true);
    const answer = await client.call(TABLE.fetch, { params: { name: 'x' } });
    assert.equal(answer.sizeBytes, bytes.length);
    assert.ok(equalBytes(await readWhole(answer), bytes));
    assert.equal(await client.call(TABLE.forget, { body: { name: 'x' } }), undefined);
    assert.equal(blobs.size, 0);
  });

  it('carries an error with its code, remedy and facts', async (test) => {
    const network = new TestNetwork(test);
    const fail = async (): Promise<never> => {
      throw new KuraError('no_space', 'the disk of osaka is full', {
        guidance: 'Free some.',
        context: { store: 'osaka' },
      });
    };
    const edge = await network.serve({
      endpoints: TABLE,
      handlers: { greet: fail, keep: fail, fetch: fail, forget: fail },
    });
    const client = network.client(edge.address, { identity: network.identity('device') });
    await assert.rejects(
      client.call(TABLE.greet, { params: { name: 'a' }, query: { times: 1 } }),
      (error: unknown) =>
        error instanceof KuraError &&
        error.code === 'no_space' &&
        error.message === 'the disk of osaka is full' &&
        error.guidance === 'Free some.' &&
        error.context.store === 'osaka',
    );
  });
});

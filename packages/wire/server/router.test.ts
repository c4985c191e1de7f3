import assert from 'node:assert/strict';
import { it } from 'node:test';
import { defineEndpoints } from '@kura/contract/wire/endpoint.ts';
import { text } from '@kura/contract/wire/shape.ts';
import { Router } from './router.ts';

const TABLE = defineEndpoints({
  tile: {
    method: 'GET',
    path: '/v1/tile/{tile...}',
    who: 'nobody',
    parameters: { tile: text({ maxLength: 64 }) },
  },
  newest: { method: 'GET', path: '/v1/tile/newest', who: 'nobody' },
});
const router = new Router(TABLE);

it('a last parameter may be all that is left of a path', () => {
  for (const tile of ['0', '0/067', '0/x001/x234/067.p/5']) {
    const { endpoint, params } = router.route('GET', `/v1/tile/${tile}`);
    assert.deepEqual([endpoint.name, params], ['tile', { tile }]);
  }
});

it('fixed words come before it, and nothing is no rest', () => {
  assert.equal(router.route('GET', '/v1/tile/newest').endpoint.name, 'newest');
  for (const path of ['/v1/tile', '/v1/tile/', '/v1/tile/0/', '/v1/tile/0//1', '/v1/tile/../0']) {
    assert.throws(() => router.route('GET', path), { code: 'hostile' }, path);
  }
  assert.throws(() => router.route('POST', '/v1/tile/0/067'), { code: 'hostile' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf } from './resolve.ts';

test('B1: names and addresses of services become what an edge counts', async () => {
  const services = ['127.0.0.1:7443', '[::1]:1', '[2001:db8:1:2:3:4:5:6]:7443'];
  const found = [...(await addressesOf(services))].sort();
  assert.deepEqual(found, ['0:0:0:0::/64', '127.0.0.1', '2001:db8:1:2::/64']);
  assert.deepEqual([...(await addressesOf(['no-such-name.invalid:1']))], []);
  await assert.rejects(addressesOf(['nowhere']), { code: 'usage' });
});

// Goal: whoever names an address for this machine to call reaches nothing by it that they could not reach themselves.
import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { openReach } from './reach.ts';

const PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.1',
  '172.32.0.1',
  '223.255.255.255',
  '2606:4700::1111',
];
const INSIDE = [
  ...[
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.8.8.8',
    '169.254.169.254',
    '172.16.0.1',
  ],
  ...['172.31.255.255', '192.0.0.1', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...[
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '::10.0.0.1',
    '64:ff9b::a00:1',
    'fc00::1',
    'fe80::1',
  ],
  ...['ff02::1', '2002:a00:1::', '2001::1', '2001:db8::1', '3fff::1', '4000::1', 'not an address'],
];

test('public addresses are reached, and nothing inside, in whichever way it is written', () => {
  const reach = openReach([]);
  assert.deepEqual(
    PUBLIC.filter((address) => !reach.allows(address)),
    [],
  );
  assert.deepEqual(
    INSIDE.filter((address) => reach.allows(address)),
    [],
  );
  assert.throws(() => reach.checkHost('[::1]'), { code: 'refused' });
  assert.throws(() => reach.checkHost(new URL('https://0x7f.1/').hostname), { code: 'refused' });
  reach.checkHost('1.1.1.1');
  reach.checkHost('example.org');
});

test('an operator opens a way inside, and no more than was said', () => {
  const reach = openReach(['10.1.0.0/16', '127.0.0.1', 'fd00::/8']);
  assert.ok(
    ['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd12::1'].every((one) => reach.allows(one)),
  );
  assert.ok(['10.2.0.1', '127.0.0.2', 'fc00::1'].every((one) => !reach.allows(one)));
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/x', 'host', '10.0.0.0/8/8', '']) {
    assert.throws(() => openReach([wrong]), { code: 'usage' }, wrong);
  }
});

function looked(addresses: readonly string[], all: boolean) {
  const found = addresses.map((address): LookupAddress => ({ address, family: 4 }));
  const reach = openReach([], () => Promise.resolve(found));
  return new Promise<unknown>((resolve) => {
    reach.lookup('hook.example.org', { all }, (error, address) => resolve(error ?? address));
  });
}

test('one bad address among good ones refuses the name, and is not told', async () => {
  assert.deepEqual(await looked(['1.1.1.1'], true), [{ address: '1.1.1.1', family: 4 }]);
  assert.equal(await looked(['1.1.1.1', '9.9.9.9'], false), '1.1.1.1');
  const refused = await looked(['1.1.1.1', '10.0.0.7'], true);
  assert.ok(refused instanceof KuraError && refused.code === 'refused');
  assert.ok(!`${refused.message} ${refused.guidance ?? ''}`.includes('10.0.0.7'));
  const unknown = await looked([], true);
  assert.ok(unknown instanceof KuraError && unknown.code === 'unreachable');
});

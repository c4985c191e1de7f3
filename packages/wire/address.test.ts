import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { countedAddress, formatAddress, parseAddress } from './address.ts';

describe('addresses', () => {
  it('are host and port, and written as they were read', () => {
    for (const text of ['gw1.example.org:7443', '127.0.0.1:1', '[::1]:65535', '[2001:db8::5]:0']) {
      assert.equal(formatAddress(parseAddress(text)), text);
    }
    assert.deepEqual(parseAddress('[::1]:7443'), { host: '::1', port: 7443 });
  });

  for (const text of [
    '',
    'host',
    'host:',
    ':1',
    'host:65536',
    'a b:1',
    'https://a:1',
    '::1:7443',
    'a:1/x',
  ]) {
    it(`refuses "${text}"`, () => {
      assert.throws(
        () => parseAddress(text),
        (error: unknown) => error instanceof KuraError && error.code === 'usage',
      );
    });
  }

  it('count as one house: IPv4 in either form, and half of IPv6', () => {
    assert.equal(countedAddress('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(countedAddress('192.0.2.7'), '192.0.2.7');
    const house = countedAddress('2001:db8:1:2:aaaa::1');
    assert.equal(countedAddress('2001:db8:1:2::9'), house);
    assert.notEqual(countedAddress('2001:db8:1:3::9'), house);
    assert.equal(countedAddress('fe80::1%eth0'), countedAddress('fe80::2'));
    assert.equal(countedAddress('::1'), '0:0:0:0::/64');
    assert.equal(countedAddress(undefined), 'unknown');
  });
});

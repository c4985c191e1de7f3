import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { formatVerifierKey } from '@kura/log';
import { parseKnownLogs } from './known-logs.ts';
import { LOG } from './test-log.ts';

const keyOf = (name: string): string =>
  formatVerifierKey({ name, publicKey: LOG.publicKey }, 'ed25519');

test('a log is known by its key, alone or as the list of its operator and a policy have it', () => {
  const text = `# two logs\n\n${keyOf('one.example')}\n  log ${keyOf('two.example')}\n`;
  assert.deepEqual([...parseKnownLogs(text).keys()], ['one.example', 'two.example']);
});

test('what is no key is refused with its line', () => {
  assert.throws(
    () => parseKnownLogs(`${keyOf('one.example')}\nlog of mine\n`),
    (error) => error instanceof KuraError && /line 2/.test(error.message),
  );
});

// Goal: nobody but an operator learns from an error what a service's machine looks like (R14, D17).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asKuraError, KuraError } from '@kura/base';
import { toAnswerable } from './wire-error.ts';

const unreadable = Object.assign(new Error("EACCES: permission denied, open '/srv/kura/x'"), {
  code: 'EACCES',
});
const gone = Object.assign(new Error("ENOENT: no such file, open '/srv/kura/x'"), {
  code: 'ENOENT',
});
const OURS = [
  new TypeError('x is undefined in /srv/kura/x'),
  asKuraError(unreadable, '/srv/kura/x cannot be read'),
  asKuraError(gone, '/srv/kura/x cannot be read'),
  new KuraError('data_lost', 'nothing is left of /srv/kura/x'),
  new KuraError('corrupt', '/srv/kura/x is damaged', { context: { path: '/srv/kura/x' } }),
];

test('what is wrong with the machine is answered by its code, and nothing else', () => {
  for (const error of OURS) {
    const { code, message, guidance, context } = toAnswerable(error, 'device');
    assert.equal(code, error instanceof KuraError ? error.code : 'io');
    assert.ok(!`${message} ${guidance} ${JSON.stringify(context)}`.includes('/srv'), message);
  }
});

test('an operator is told as it is, and everybody what is theirs to know', () => {
  const own = asKuraError(unreadable, '/srv/kura/x cannot be read');
  assert.equal(toAnswerable(own, 'operator'), own);
  const refused = new KuraError('refused', 'the plan is full', { context: { reason: 'x' } });
  assert.equal(toAnswerable(refused, 'device'), refused);
});

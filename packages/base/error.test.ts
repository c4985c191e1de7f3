// Goal: what the system says reaches a person as a sentence, and a program as a code and an errno.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asKuraError, KuraError } from './error.ts';

test("a system's error is told without its call and its number", () => {
  try {
    readFileSync('/no/such/file');
    assert.fail('it was read');
  } catch (error) {
    const told = asKuraError(error, 'the list cannot be read');
    assert.equal(told.message, 'the list cannot be read: no such file or directory');
    assert.equal(told.code, 'missing');
    assert.equal(told.context.errno, 'ENOENT');
    assert.equal(told.cause, error);
  }
});

test('words that are no such error stay as they are', () => {
  assert.equal(asKuraError(new Error('odd, very'), 'it failed').message, 'it failed: odd, very');
  assert.equal(asKuraError('odd', 'it failed').message, 'it failed: odd');
  const own = new KuraError('busy', 'not now');
  assert.equal(asKuraError(own, 'it failed'), own);
});

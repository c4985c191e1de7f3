import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERROR_CODES, KuraError, assert as kuraAssert } from '@kura/base';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from './exit-codes.ts';
import { printError, toKuraError } from './print.ts';

function printed(thrown: unknown, options: { json?: boolean; verbose?: boolean } = {}) {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const { json = false, verbose = false } = options;
  const code = printError(thrown, { colour: false, write }, { json, verbose });
  return { code, text };
}

describe('exit codes', () => {
  it('are what scripts rely on', () => {
    const table = Object.fromEntries(ERROR_CODES.map((code) => [code, exitCodeOf(code)]));
    assert.deepEqual(table, {
      usage: 2,
      no_network: 10,
      already_exists: 1,
      not_found: 1,
      wrong_passphrase: 12,
      busy: 11,
      refused: 13,
      no_space: 14,
      too_few_stores: 21,
      unreachable: 1,
      missing: 1,
      corrupt: 1,
      data_lost: 20,
      degraded: 22,
      rolled_back: 23,
      source_unreadable: 3,
      source_changed: 3,
      unsupported: 1,
      too_large: 1,
      hostile: 1,
      interrupted: 130,
      io: 1,
    });
  });

  it('are all explained, each once', () => {
    const explained = EXIT_MEANINGS.map(([code]) => code);
    assert.deepEqual(explained, Object.values(EXIT));
  });
});

describe('errors', () => {
  it('are one sentence and its remedy for a person', () => {
    const error = new KuraError('busy', 'another prune is running', { guidance: 'Wait for it.' });
    const { code, text } = printed(error);
    assert.equal(code, 11);
    assert.equal(text, 'kura: another prune is running\n      Wait for it.\n');
  });

  it('are one line for a script', () => {
    const { text } = printed(new KuraError('busy', 'two\nlines'), { json: true });
    assert.equal(text.split('\n').length, 2);
    const { error } = JSON.parse(text);
    assert.deepEqual(error, { code: 'busy', message: 'two\nlines', guidance: '', exit_code: 11 });
  });

  it('show context, causes and the place only with --verbose', () => {
    const cause = new Error('deep down');
    const error = new KuraError('io', 'it failed', { cause, context: { store: 'a' } });
    assert.equal(printed(error).text, 'kura: it failed\n');
    const { text } = printed(error, { verbose: true });
    assert.match(text, /store=a/);
    assert.match(text, /caused by Error: deep down/);
    assert.match(text, /errors\.test\.ts/);
  });

  it('of the system keep their meaning', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    assert.equal(printed(full).code, EXIT.noSpace);
    const missing = Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    assert.match(toKuraError(missing).guidance ?? '', /npm install/);
  });

  it('that nobody foresaw are called a defect', () => {
    const failed = (): void => kuraAssert(false, 'a pack has two ends');
    assert.throws(failed, (error) => {
      const { code, text } = printed(error);
      return code === EXIT.failed && /two ends/.test(text) && /defect of Kura/.test(text);
    });
    assert.equal(printed('a string').code, EXIT.failed);
  });
});

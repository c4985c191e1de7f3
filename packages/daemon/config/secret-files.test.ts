// Goal: a secret that every user of the machine may read is named by its setting, and nothing else is.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { must } from '@kura/base';
import { readConfig } from './load.ts';
import { configSchema, optionalSection, section } from './schema.ts';
import { exposedSecrets } from './secret-files.ts';
import { maybe, path, secretPath } from './setting.ts';

const SCHEMA = configSchema(
  { state: path },
  { hook: section({ secretFile: secretPath }), mail: optionalSection({ key: maybe(secretPath) }) },
);

describe('files of secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kura-secrets-'));
  after(() => rmSync(folder, { recursive: true }));

  function exposedAt(mode: number): readonly string[] {
    const file = join(folder, 'secret');
    writeFileSync(file, 'x');
    chmodSync(file, mode);
    const text = 'state = "secret"\n[hook]\nsecret_file = "secret"\n[mail]\n';
    const { loaded } = readConfig(text, SCHEMA, { folder, environment: {} });
    return exposedSecrets(must(loaded, 'it is in order'));
  }

  it('are named where every user may read them, by their setting', () => {
    for (const mode of [0o644, 0o604, 0o602]) {
      assert.deepEqual(exposedAt(mode), [
        `"hook.secret_file" is open to every user of this machine: chmod 600 ${folder}/secret`,
      ]);
    }
  });

  it('are in order for their owner, and for a group that they are handed to', () => {
    for (const mode of [0o600, 0o400, 0o440]) assert.deepEqual(exposedAt(mode), []);
  });

  it('that are not there are somebody else’s to tell', () => {
    const secretFiles = new Map([['hook.secret_file', join(folder, 'gone')]]);
    assert.deepEqual(exposedSecrets({ secretFiles }), []);
  });
});

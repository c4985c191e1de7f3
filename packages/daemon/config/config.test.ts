import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { readConfig } from './load.ts';
import { loadProgram, readProgram } from './load-program.ts';
import { COORDINATOR_CONFIG, healthAddressOf, STORE_CONFIG } from './programs.ts';

const STORE = `role = "store"
state = "state"

[shelf]
path = "/srv/kura"

[store]
kind = "strict"
place = "osaka"
line_mbit = 1000
capacity_gib = 4000
operator = "Example"
`;

const read = (text: string, environment: Record<string, string> = {}) =>
  readConfig(text, STORE_CONFIG, { folder: '/etc/kura', environment });

/** What is wrong with the sound file after one change. */
const problemsOf = (from: string, to: string): readonly string[] => {
  assert.ok(STORE.includes(from), from);
  return read(STORE.replace(from, to)).problems.map(({ line, what }) => `${line}: ${what}`);
};

describe('configuration', () => {
  it('knows of every value whether file, environment or default gave it', () => {
    const { loaded } = read(STORE, { KURA_STORE_LINE_MBIT: '50', KURA_HOME: '/unrelated' });
    assert.ok(loaded !== undefined);
    const { value, origins } = loaded;
    assert.equal(value.store.lineMbit, 50);
    assert.deepEqual(origins.get('store.line_mbit'), {
      kind: 'environment',
      variable: 'KURA_STORE_LINE_MBIT',
    });
    assert.deepEqual(origins.get('store.place'), { kind: 'file', line: 9 });
    assert.deepEqual(origins.get('shelf.kind'), { kind: 'default' });
    assert.equal(value.listen, undefined);
  });

  it('B1: a strict store has no port for health pages unless its file names one', () => {
    const addressOf = (text: string): string | undefined => {
      const { loaded } = read(text);
      assert.ok(loaded !== undefined);
      return healthAddressOf(loaded.value);
    };
    const named = '[health]\naddress = "127.0.0.1:9999"\n';
    const readable = STORE.replace('strict', 'card-readable')
      .replace('operator', 'reader = "osaka.example:7445"\noperator')
      .replace('[shelf]', '[listen]\naddress = "10.0.0.5:7444"\n\n[shelf]');
    assert.equal(addressOf(STORE), undefined);
    assert.equal(addressOf(`${STORE}${named}`), '127.0.0.1:9999');
    assert.equal(addressOf(readable), '127.0.0.1:9443');
  });

  it('counts relative paths from the folder of the file', () => {
    assert.equal(read(STORE).loaded?.value.state, '/etc/kura/state');
    assert.equal(read(STORE).loaded?.value.shelf.path, '/srv/kura');
  });

  it('names the nearest key for one that it does not know, with its line', () => {
    assert.deepEqual(problemsOf('line_mbit', 'line_mbits'), [
      '10: "store.line_mbits" is not known; "line_mbit"?',
      '7: "store.line_mbit" is missing: it must be a whole number from 1 to 10000000',
    ]);
    assert.deepEqual(problemsOf('[store]', '[stores]')[0], '7: "stores" is not known; "store"?');
  });

  it('refuses what a value must not be, and says what it must', () => {
    assert.deepEqual(problemsOf('line_mbit = 1000', 'line_mbit = "fast"'), [
      '10: "store.line_mbit" must be a whole number from 1 to 10000000',
    ]);
    assert.deepEqual(problemsOf('kind = "strict"', 'kind = "lax"'), [
      '8: "store.kind" must be one of "card-readable", "strict"',
    ]);
  });

  it('refuses a listening port of a strict store, and a card-readable one without', () => {
    const listening = `${STORE}[listen]\naddress = "0.0.0.0:7444"\n`;
    assert.match(read(listening).problems[0]?.what ?? '', /strict store has no listening port/);
    assert.equal(problemsOf('"strict"', '"card-readable"').length, 2);
  });

  it('wants to know how others reach a coordinator that listens everywhere', () => {
    const text = (listen: string): string =>
      `role = "coordinator"\nstate = "s"\n[listen]\n${listen}\n[database]\nurl = "n.db"\n`;
    const problems = (listen: string) =>
      readConfig(text(listen), COORDINATOR_CONFIG, { folder: '/', environment: {} }).problems
        .length;
    assert.equal(problems('address = "192.0.2.1:7443"'), 0);
    for (const everywhere of ['0.0.0.0:7443', '[::]:7443', '192.0.2.1:0']) {
      assert.equal(problems(`address = "${everywhere}"`), 1, everywhere);
      assert.equal(problems(`address = "${everywhere}"\npublic = "kura.example.org:7443"`), 0);
    }
  });

  it('says where a file stops being TOML', () => {
    assert.match(problemsOf('[store]', '[store')[0] ?? '', /^7: this is not TOML/);
  });

  it('finds everything that is wrong at once', () => {
    const { problems } = read('role = "store"\n');
    assert.ok(problems.length >= 6, `${problems.length} problems`);
  });

  it('is read for the role that its file names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kura-config-'));
    try {
      const file = join(folder, 'store.toml');
      writeFileSync(file, STORE);
      const { value } = loadProgram(file, {});
      assert.ok(value.role === 'store' && value.store.place === 'osaka');
      writeFileSync(file, 'role = "shop"\n');
      assert.match(readProgram(file, {}).problems[0]?.what ?? '', /"role" must be one of/);
      assert.throws(
        () => loadProgram(file, {}),
        (error: unknown) => error instanceof KuraError && error.code === 'usage',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

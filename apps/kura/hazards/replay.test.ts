// Goal: whoever has a manifest and files of messages plays them with one command: JSON lines that are documented, a
// verdict per check, and an exit code.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '../cli/test-host.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/operate/json.md', import.meta.url), 'utf8');

const FLOOD = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>flood-1</identifier><sender>x</sender><sent>2026-03-01T10:00:00+00:00</sent>
<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>Flood Warning</event><urgency>Immediate</urgency>
<severity>Extreme</severity><certainty>Observed</certainty><expires>2026-03-01T20:00:00+00:00</expires>
<area><areaDesc>Prague</areaDesc><circle>50.08,14.43 20.0</circle></area></info></alert>`;

const MANIFEST = {
  name: 'A flood in Prague that never was',
  sites: { prague: [50.08, 14.43], vienna: [48.21, 16.37], stockholm: [59.33, 18.07] },
  network: {
    ...{ home: 'vienna', stores: ['prague', 'vienna', 'stockholm'], copies: 2, packs: 2 },
    initial_copies_at: ['prague', 'vienna'],
  },
  steps: [{ available_at: '2026-03-01T10:00:10Z', source: 'cap', file: 'flood.cap' }],
  checks: [
    {
      id: 'left in time',
      type: 'copy_added',
      for: 'every pack with a copy at prague',
      by: '2026-03-01T10:30:00Z',
      not_at: ['prague'],
    },
  ],
};

/** Keys of a record and of the records in it. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe('kura hazards replay', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-replay-'));
    writeFileSync(join(folder, 'flood.cap'), FLOOD);
  });
  after(() => rmSync(folder, { recursive: true }));

  const written = (name: string, value: object): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  const replay = (change: object, ...argv: readonly string[]) =>
    run(['hazards', 'replay', written('flood.json', { ...MANIFEST, ...change }), ...argv]);

  it('A8: writes a line per step and a verdict per check, as documented, and ends with 0', async () => {
    const { code, out, err } = await replay({}, '--json');
    assert.equal(code, 0, err);
    const records = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const step = records.find((record) => record.message_type === 'step');
    assert.equal(step?.time, '2026-03-01T10:01:00.000Z', 'known at the next poll');
    const { why, ...verdict } = records.at(-1) ?? {};
    assert.deepEqual(verdict, { check: 'left in time', violated: false });
    assert.match(String(why), /all 2 packs had a new copy in stockholm/);
    const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith('hazards\n')) ?? '';
    const words = new Set(Array.from(section.matchAll(/`([a-z0-9_]+)`/g), ([, word]) => word));
    assert.deepEqual(
      [...new Set(keysOf(records))].filter((key) => !words.has(key)),
      [],
    );
  });

  it('tells people what happened, when and why, and what it came to', async () => {
    const { out } = await replay({});
    assert.match(out, /^A flood in Prague that never was\n/);
    assert.match(out, /2026-03-01 10:01:00 {2}cap: Flood Warning/);
    assert.match(out, /plan: 1 pack of member to stockholm.*: prague is in danger \(Flood Warning/);
    assert.match(out, /holds {5}left in time: all 2 packs had a new copy/);
  });

  it('ends with 1 if a check is violated', async () => {
    const check = { ...MANIFEST.checks[0], not_at: ['stockholm'] };
    const { code, out } = await replay({ checks: [check] });
    assert.equal(code, 1);
    assert.match(out, /violated {2}left in time: 2 of the new copies lie .* in stockholm/);
  });

  it('takes stores and members from a file of their own', async () => {
    const network = written('network.json', {
      stores: [{ site: 'prague' }, { site: 'vienna' }, { site: 'oslo', line_mbit: 100 }],
      members: [{ name: 'ann', home: 'vienna', packs: 1, copies_at: ['prague', 'vienna'] }],
    });
    const { code, out, err } = await replay({ network: undefined }, '--network', network);
    assert.equal(code, 0, err);
    assert.match(out, /all 1 pack had a new copy in oslo/);
    const without = await replay({ network: undefined });
    assert.deepEqual([without.code, /"network" is missing/.test(without.err)], [2, true]);
  });

  it('says in one sentence what is wrong with a manifest, and warns of what nobody reads', async () => {
    const check = { ...MANIFEST.checks[0], not_in: ['prague'] };
    const warned = await replay({ checks: [check] });
    assert.equal(warned.code, 0);
    assert.match(warned.err, /nobody reads the field "checks\[0\]\.not_in"/);
    const wrong = await replay({ checks: [{ id: 'a', type: 'copies_added' }] });
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^kura: "checks\[0\]\.type" must be one of copy_added, /);
    const gone = await replay({ steps: [{ ...MANIFEST.steps[0], file: 'gone.cap' }] });
    assert.match(gone.err, /^kura: the step's file gone\.cap is not there/);
    const outside = await replay({ steps: [{ ...MANIFEST.steps[0], file: '../flood.cap' }] });
    assert.match(outside.err, /is outside of the data/);
  });
});

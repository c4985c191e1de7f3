// Goal: the owner of folders sees incidents, writes their evidence, and anyone judges it again; what was touched is
// refused. Everything that scripts read is in docs/operate/json.md.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { homePaths } from '@kura/agent/home.ts';
import { KuraError } from '@kura/base';
import { draft } from '@kura/contract/evidence/test-evidence.ts';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { CountedRandom, foundTestNetwork } from '@kura/coordinator/fixtures.ts';
import { incidentId } from '@kura/coordinator/incidents/incident-id.ts';
import { judgeIncident } from '@kura/coordinator/incidents/judge-incident.ts';
import { insertIncident } from '@kura/coordinator/incidents/open-incident.ts';
import { transact } from '@kura/database';
import { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { Output } from '../output/output.ts';
import { register } from './register.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/operate/json.md', import.meta.url), 'utf8');
const SECTION = DOCUMENT.split(/^## /m).find((part) => part.startsWith('incidents\n')) ?? '';
const WORDS = new Set(Array.from(SECTION.matchAll(/`([a-z_0-9]+)`/g), ([, word = '']) => word));
const ID = incidentId('ab'.repeat(16));

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

/** A home of folders with one incident that was judged. */
async function home(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kura-incidents-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const { database: path } = homePaths(folder);
  mkdirSync(dirname(path), { recursive: true });
  const { database, coordinator, clock } = await foundTestNetwork({ path });
  const { memberId, entire } = coordinator;
  const made = draft({ memberId, incidentId: ID });
  const about = { store_id: made.store.storeId, pack_id: made.packId, copy_id: made.copyId };
  const opened_ms = clock.now;
  await transact(database, async (rows) => {
    const row = { incident_id: ID, kind: 'copy', ...about, opened_ms } as const;
    await insertIncident({ rows, memberId }, row);
    const incident = await rows.selectFrom('incidents').selectAll().executeTakeFirstOrThrow();
    const judging = { nowMs: clock.now, random: new CountedRandom('incidents') };
    await judgeIncident(rows, incident, made, judging);
  });
  await writeCustodyEvents(entire, (work) => transact(database, work));
  database.close();
  const run = async (...argv: readonly string[]) => {
    const json = argv.includes('--json');
    const said: string[] = [];
    const sink = { colour: false, write: (text: string) => said.push(text) };
    const output = new Output({ out: sink, err: sink, json, quiet: true, verbose: false });
    const given = { output, home: folder, environment: {}, zoneOffsetMs: () => 0, clock };
    const command = new Command('incidents').exitOverride();
    register(command, given as unknown as CommandContext);
    await command.parseAsync(
      argv.filter((word) => word !== '--json'),
      { from: 'user' },
    );
    const out = said.join('');
    for (const line of json ? out.split('\n').filter(Boolean) : []) {
      for (const key of keysOf(JSON.parse(line))) assert.ok(WORDS.has(key), `json.md names ${key}`);
    }
    return out;
  };
  return { folder, run };
}

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

test('A12: what was found is listed and shown, with its place', async (context) => {
  const { run } = await home(context);
  assert.match(await run('list'), /abababab .* decay/);
  assert.match(await run('show', 'abab'), /had decayed[\s\S]*place +bytes 65536–131071/);
  assert.match(await run('list', '--json'), /"verdict":"decay"/);
  assert.match(await run('show', 'abab', '--json'), /"judged_again"/);
  await assert.rejects(run('show', 'ef'), /there is no incident "ef"/);
});

test('A12: evidence is written once, judged again anywhere, and refused if it was touched', async (context) => {
  const { folder, run } = await home(context);
  const file = join(folder, 'evidence.json');
  await run('evidence', 'abab', '--out', file);
  await assert.rejects(run('evidence', 'abab', '--out', file), /could not be written/);
  assert.match(await run('verify', file), /decay, judged again here[\s\S]*entry \d+ of the log/);
  assert.match(await run('verify', file, '--json'), /"valid":true/);
  const text = readFileSync(file, 'utf8');
  const touched = join(folder, 'touched.json');
  for (const [from, to] of [
    ['\\"leaf\\":1', '\\"leaf\\":2'],
    ['osaka', 'kyoto'],
    ['"leaf_index":0', '"leaf_index":1'],
  ] as const) {
    assert.ok(text.includes(from), from);
    writeFileSync(touched, text.replace(from, to));
    await assert.rejects(run('verify', touched), isRefused, from);
  }
});

test('the answer of a store is kept once, beside the evidence', async (context) => {
  const { folder, run } = await home(context);
  await run('answer', 'abab', 'the disk was replaced', '--json');
  await run('answer', 'abab', 'the disk was replaced');
  await assert.rejects(run('answer', 'abab', 'it was never there'), /stays as it is/);
  const file = join(folder, 'evidence.json');
  await run('evidence', 'abab', '--out', file, '--json');
  assert.match(await run('verify', file), /the store says: the disk was replaced/);
});

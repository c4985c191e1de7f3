// Goal: scripts can rely on docs/operate/json.md. Every key that a command writes is named in its section.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { byteString, KuraError } from '@kura/base';
import { formatPolicy, toReceiptLine } from '@kura/log';
import { run, type Scene } from '../cli/test-host.ts';
import { sampleReceipts } from '../receipts/test-receipts.ts';
import { sampleWitnesses } from '../witnesses/test-witnesses.ts';
import { COMMANDS } from './index.ts';
import * as sample from './test-views.ts';
import type * as view from './views.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/operate/json.md', import.meta.url), 'utf8');
const STORE_FILE = fileURLToPath(new URL('../../../packaging/config/store.toml', import.meta.url));
const RECEIPTS = sampleReceipts(sample.FIRST.id, (receipt, at) =>
  at === 2 ? { ...receipt, leafIndex: 0 } : receipt,
);
const FOLDER = mkdtempSync(join(tmpdir(), 'kura-json-'));
after(() => rmSync(FOLDER, { recursive: true }));
const RECEIPTS_FILE = join(FOLDER, 'receipts.jsonl');
const POLICY_FILE = join(FOLDER, 'policy.txt');
const LINES = RECEIPTS.kept.map(({ receipt }) => JSON.stringify(toReceiptLine(receipt)));
writeFileSync(RECEIPTS_FILE, LINES.join('\n'));
writeFileSync(POLICY_FILE, formatPolicy(await RECEIPTS.port.policy()));
const WORDS = 'abandon '.repeat(24).trim();

const odd = (text: string) =>
  Buffer.from(text, 'latin1').toString('latin1') as view.NodeView['path'];
const change: view.ChangeView = {
  path: odd('/\xff'),
  kind: 'content',
  type: 'file',
  bytesAdded: 1,
  bytesRemoved: 2,
};
const problem = { path: byteString('/a'), why: 'unreadable' };

const answers: Scene['answers'] = {
  init: sample.NETWORK,
  witnesses: sampleWitnesses(),
  join: sample.NETWORK,
  adopt: {
    networkId: 'e'.repeat(32),
    waiting: [sample.STORE],
    taken: { stores: 1, packs: 2, copies: 3, snapshots: 4, sampled: 5 },
    isLate: false,
  },
  recover: sample.RECOVERED,
  backup: { ...sample.BACKED_UP, problems: [problem], problemCount: 1 },
  restore: sample.RESTORED,
  snapshots: sample.SNAPSHOTS.map((one) => ({
    ...one,
    original: one.id,
    paths: [odd('/\xff')],
    proof: sample.PROOF,
  })),
  entry: () => sample.node('/', { type: 'folder' }),
  list: () =>
    sample.stream(
      sample.node('/a', { links: 2 }),
      sample.node('/b', { type: 'symlink', path: odd('/\xff') }),
    ),
  diff: () => sample.stream(change),
  copies: () => sample.stream(sample.PACK),
  findPack: sample.FOUND_PACK,
  stats: sample.STATS,
  journal: [sample.JOURNAL_ENTRY],
  receipts: RECEIPTS.port,
  stamps: sample.STAMPS,
  check: {
    ...sample.WHOLE_CHECK,
    hurtPacks: [sample.HURT_PACK],
    hurtPackCount: 1,
    hurtStores: [{ store: sample.STORE, why: 'gone' }],
    storesInDanger: [{ store: sample.STORE, why: 'a flood' }],
  },
  planRepair: { ...sample.REPAIR_PLAN, hopeless: [{ packs: 1, why: 'no copy' }] },
  repair: sample.REPAIRED,
  history: sample.HISTORY,
  drill: sample.DRILLED,
  forget: undefined,
  retention: { delayMs: 0, originals: new Map() },
  removals: sample.REMOVALS,
  auditMine: sample.AUDITED_MINE,
  runAudits: sample.AUDITED,
  prune: sample.PRUNED,
  rewriting: sample.REWRITING,
  tag: [{ from: sample.FIRST.id, to: sample.SECOND.id }],
  cache: sample.CACHE,
  member: sample.MEMBER,
  recoveryWords: WORDS,
  card: sample.CARD,
  copyCard: { files: 4, bytes: 4000 },
  copyReadingCard: { files: 4, bytes: 4000 },
  moveCard: { files: 4, bytes: 4000 },
  useCard: undefined,
  verifyCard: sample.VERIFIED_CARD,
  renewCard: undefined,
  giveBack: sample.GIVEN_BACK,
  acceptLevel: { before: 1, now: 2 },
  membership: sample.MEMBERSHIP,
  login: 'ann',
  changePassphrase: undefined,
};

const CALLS: readonly (readonly string[])[] = [
  ['init', '--store', '/a=Osaka', '--store', '/b=Tokyo'],
  ['join', 'kura-invite:a:1#b', '--account', 'ann', '--home', 'Tokyo'],
  ['adopt', 'kura-invite:a:1#b', '--account', 'ann'],
  ['recover', '--store', '/a'],
  ['backup', '/a'],
  ['restore', 'latest', '-t', '/x'],
  ['snapshots'],
  ['ls', 'latest'],
  ['find', '*'],
  ['diff', 'aaaa', 'bbbb'],
  ['copies'],
  ['copies', '--find', 'ab'.repeat(32)],
  ['copies', '--find', 'ab'.repeat(32), '--nearby', '--interface', '192.168.1.20'],
  ['stats', '--mode', 'raw-data'],
  ['journal'],
  ['receipts'],
  ['receipts', 'show', '--entry', '0'],
  ['receipts', 'policy'],
  ['stamps', 'show', 'latest'],
  ['stamps', 'add', 'latest', '--approvals', '2'],
  ['witnesses', 'list'],
  ['witnesses', 'accept'],
  ['witnesses', 'add', 'one', '--key', 'w1+00000000+', '--url', 'https://w1.example'],
  ['witnesses', 'remove', 'one'],
  ['witnesses', 'quorum', '2'],
  ['receipts', 'verify', RECEIPTS_FILE, '--policy', POLICY_FILE],
  ['check', '--repair'],
  ['forget', '--keep-last', '1', '--prune'],
  ['forget', sample.FIRST.id, '--at', '2099-01-01'],
  ['drill'],
  ['audit', '--mine'],
  ['audit', 'run'],
  ['prune'],
  ['rewrite', '--exclude', '*.iso', '--forget', '--prune'],
  ['removals', 'list'],
  ['removals', 'revoke', 'abab'],
  ['removals', 'recall', 'cccc'],
  ['tag', '--add', 'x', 'latest'],
  ['cache'],
  ['card', 'show'],
  ['card', 'copy', '/stick'],
  ['card', 'move', '/stick'],
  ['card', 'use', '/stick'],
  ['card', 'verify'],
  ['card', 'renew'],
  ['card', 'give-back'],
  ['card', 'accept'],
  ['devices'],
  ['devices', 'remove', 'laptop'],
  ['devices', 'place', 'osaka', 'laptop'],
  ['home'],
  ['inbox', 'list', '--all'],
  ['inbox', 'show', '2'],
  ['inbox', 'read'],
  ['inbox', 'webhook'],
  ['inbox', 'webhook', 'set', 'https://hook.example.org/'],
  ['inbox', 'webhook', 'off'],
  ['login'],
  ['key', 'show'],
  ['key', 'words'],
  ['key', 'sheet'],
  ['key', 'passphrase'],
  ['config', 'show', STORE_FILE],
  ['config', 'validate', STORE_FILE],
  ['completion', 'bash'],
];

function section(name: string): string {
  return DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
}

/** Keys of a record, and of the records in it; what is under `figures` and `facts` is free. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'figures' || key === 'facts' ? [key] : [key, ...keysOf(inner)],
  );
}

/** Words in code of a section, and of those that it refers to with "as of". */
function wordsOf(name: string): Set<string> {
  const text = section(name);
  const words = Array.from(text.matchAll(/`([a-z0-9_]+)`/g), ([, word]) => word ?? '');
  const others = Array.from(text.matchAll(/as of\s`([a-z]+)`/g), ([, word]) => word ?? '');
  return new Set([...words, ...others.flatMap((other) => [...wordsOf(other)])]);
}

describe('docs/operate/json.md', () => {
  it('has a section for every command', () => {
    const silent = ['dump'];
    const missing = COMMANDS.map(({ name }) => name).filter((name) => section(name) === '');
    assert.deepEqual(missing, silent);
    const called = new Set(CALLS.map(([name]) => name));
    assert.deepEqual(
      COMMANDS.map(({ name }) => name).filter((name) => !called.has(name)),
      // What these write needs a network, or a store: their own tests hold them to it.
      [
        ...silent,
        'medium',
        'incidents',
        'hazards',
        'risk',
        'plan',
        'moves',
        'up',
        'serve',
        'operator',
      ],
    );
  });

  for (const argv of CALLS) {
    it(`names every key of: kura ${argv.join(' ')}`, async () => {
      const typed = [WORDS, 'new', 'new'];
      const scene = argv[0] === 'key' ? { answers, typed: ['new', 'new'] } : { answers, typed };
      const ran = await run([...argv, '--json'], scene);
      assert.notEqual(ran.out, '', ran.err);
      const records = ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const words = wordsOf(argv[0] ?? '');
      const unknown = keysOf(records).filter((key) => !words.has(key));
      assert.deepEqual([...new Set(unknown)], []);
    });
  }

  it('names every key of warnings, errors and status', async () => {
    const { err } = await run(['backup', '/a', '--json'], { answers });
    const failing = { snapshots: () => Promise.reject(new KuraError('busy', 'it is busy')) };
    const failed = await run(['snapshots', '--json'], { answers: failing });
    for (const [name, text] of [
      ['warning', err],
      ['error', failed.err],
    ] as const) {
      const unknown = keysOf(JSON.parse(text)).filter((key) => !wordsOf(name).has(key));
      assert.deepEqual(unknown, []);
    }
  });
});

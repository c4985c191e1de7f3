// Goal: an operator's work is done with commands, and every answer is there for scripts as well. The coordinator
// behind them is a real one, over TLS on loopback.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY_MS, KuraError } from '@kura/base';
import { formatInvitation, parseInvitation, serialOf } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import { accountHandlers } from '@kura/coordinator/accounts/handlers.ts';
import { registration, testStore } from '@kura/coordinator/fixtures.ts';
import { noteKnocks } from '@kura/coordinator/impostors/note-knocks.ts';
import { operatorHandlers } from '@kura/coordinator/operator/handlers.ts';
import { TestMember, TestService } from '@kura/coordinator/test-service.ts';
import { Metrics } from '@kura/daemon/metrics.ts';
import { Command, CommanderError } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { Output } from '../output/output.ts';
import { register } from './register.ts';

class OperatorHost {
  readonly service: TestService;
  readonly home: string;
  /** What the next command finds at its standard input. */
  input = '';

  constructor(service: TestService, home: string) {
    this.service = service;
    this.home = home;
  }

  /** Standard output of `kura operator …`. */
  async run(...argv: readonly string[]): Promise<string> {
    let out = '';
    const json = argv.includes('--json');
    const sink = { colour: false, write: (text: string) => (out += text) };
    const output = new Output({ out: sink, err: sink, json, quiet: true, verbose: false });
    const command = new Command('operator').exitOverride();
    const silent = { writeOut: () => undefined, writeErr: () => undefined };
    command.configureOutput(silent);
    const { home, service } = this;
    const stdin = async function* (input: string) {
      yield Buffer.from(input);
    };
    const context = {
      ...{ output, home, clock: service.clock, zoneOffsetMs: () => 0 },
      stdin: () => stdin(this.input),
    };
    register(command, context as unknown as CommandContext);
    const given = argv.filter((word) => word !== '--json');
    await command.parseAsync(given, { from: 'user' });
    return out;
  }

  /** As somebody does who lets no other user of the machine see the invitation. */
  enrol(invitation: string) {
    this.input = invitation;
    return this.json('enrol', '--invitation-file', '-');
  }

  /** Its records, whose every key is in docs/operate/json.md. */
  async json(...argv: readonly string[]) {
    const out = await this.run(...argv, '--json');
    const lines = out.split('\n').filter((line) => line !== '');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const key of keysOf(records)) assert.ok(DOCUMENTED.has(key), `json.md names ${key}`);
    return records;
  }
}

const DOCUMENT = readFileSync(new URL('../../../docs/operate/json.md', import.meta.url), 'utf8');
const SECTION = DOCUMENT.split(/^## /m).find((part) => part.startsWith('operator\n')) ?? '';
const DOCUMENTED = new Set(Array.from(SECTION.matchAll(/`([a-z_]+)`/g), ([, word]) => word));

function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

async function started(context: TestContext): Promise<OperatorHost> {
  const service = await TestService.found(context);
  const endpoints = { ...ACCOUNT_ENDPOINTS, ...OPERATOR_ENDPOINTS };
  const metrics = new Metrics();
  metrics.counter('kura_requests_total').add(3, { endpoint: 'joinStart', code: 'ok' });
  metrics.gauge('kura_certificate_end_seconds').set(60);
  const handlers = {
    ...accountHandlers(service.service),
    ...operatorHandlers(service.service, metrics),
  };
  await service.serve(endpoints, handlers);
  const home = join(mkdtempSync(join(tmpdir(), 'kura-operator-')), 'home');
  context.after(() => rmSync(join(home, '..'), { recursive: true }));
  return new OperatorHost(service, home);
}

async function enrolled(context: TestContext): Promise<OperatorHost> {
  const host = await started(context);
  const invitation = host.service.invitation(host.service.operatorToken);
  await host.enrol(formatInvitation(invitation));
  return host;
}

const fails =
  (code: string, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof KuraError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };

test('the first invitation makes an operator, whose key only its owner can read', async (context) => {
  const host = await started(context);
  await assert.rejects(host.run('plans', 'list'), fails('no_network', /enrolled/));
  const text = formatInvitation(host.service.invitation(host.service.operatorToken));
  const [record] = await host.enrol(text);
  assert.equal(record?.network_id, host.service.service.networkId);
  assert.equal(statSync(join(host.home, 'operator.json')).mode & 0o077, 0);
  assert.match(await host.run('plans', 'list'), /^Plan .*\nbasic .*0=1,5=2/);
  await assert.rejects(host.enrol(text), fails('refused', /used already/));
  const foreign = { ...parseInvitation(text), rootHash: new Uint8Array(32) };
  await assert.rejects(host.enrol(formatInvitation(foreign)), fails('refused', /not the network/));
  await assert.rejects(host.enrol('kura-invite:x'), fails('usage', /invitation/));
});

test('an invitation from the command makes a member, whom the commands then show', async (context) => {
  const host = await enrolled(context);
  const [invited] = await host.json(
    'members',
    'invite',
    '--plan',
    'premium',
    '--paid-until',
    '2027-04-01',
  );
  const invitation = parseInvitation(String(invited?.invitation));
  const grace = new TestMember(host.service, 'grace');
  await grace.join(invitation.token);
  const [shown] = await host.json('members', 'list');
  assert.deepEqual(
    [shown?.account, shown?.state, shown?.level, shown?.contract],
    [
      'grace',
      'active',
      3,
      {
        plan: 'premium',
        from: '2026-11-21T00:00:00.000Z',
        to: null,
        paid_until: '2027-04-01T00:00:00.000Z',
      },
    ],
  );
  const { memberId } = grace;
  const set = ['contracts', 'set', memberId, '--plan', 'basic', '--to', '2027-01-01'];
  assert.match(await host.run(...set), /has the plan basic/);
  assert.deepEqual(await host.json(...set), [
    { message_type: 'done', member_id: memberId, plan: 'basic' },
  ]);
  assert.match(await host.run('members', 'suspend', memberId), /is suspended/);
  assert.match(await host.run('members', 'show', memberId), /grace {4}suspended {2}basic/);
  await host.run('members', 'resume', memberId);
  await host.run('members', 'close', memberId);
  await assert.rejects(host.run('members', 'resume', memberId), fails('refused', /opened again/));
});

test('stores are shown, admitted for a level, drained and retired', async (context) => {
  const host = await enrolled(context);
  const { network } = host.service.service;
  await network.registerStore(registration(testStore(1)));
  const { storeId } = testStore(1).identity;
  await host.run('stores', 'drain', storeId);
  await host.run('stores', 'admit', storeId, '--level', '3');
  const [store] = await host.json('stores', 'list');
  assert.deepEqual([store?.state, store?.minimum_level, store?.city], ['active', 3, 'city-1']);
  await assert.rejects(host.run('stores', 'retire', storeId), fails('refused', /cannot become/));
});

test('plans, certificates, journal and leases are there for people and for scripts', async (context) => {
  const host = await enrolled(context);
  await host.run(
    'plans',
    'set',
    'night',
    '--levels',
    '0=1,5=2',
    '--capacity',
    '1T',
    '--hours',
    'mo-su 0-6',
  );
  const plans = await host.json('plans', 'list');
  assert.deepEqual(
    plans.find(({ plan }) => plan === 'night'),
    {
      plan: 'night',
      levels: [
        { from_years: 0, level: 1 },
        { from_years: 5, level: 2 },
      ],
      capacity_bytes: 2 ** 40,
      archives: null,
      hours: 'mo-su 0-6',
      uses_per_day: null,
      fee_minor: 0,
      currency: 'JPY',
    },
  );
  const all = await host.json('certificates', 'list');
  const own = all.find(({ role }) => role === 'operator');
  await host.run('certificates', 'revoke', String(own?.serial), '--why', 'a test');
  await host.service.book.refresh(host.service.rows);
  await assert.rejects(host.run('plans', 'list'), fails('refused', /withdrawn/));
});

test('R33: a withdrawn certificate takes its successors along, unless only it is meant', async (context) => {
  const host = await enrolled(context);
  const { service } = host;
  const revoked = async (): Promise<number> => {
    const all = await host.json('certificates', 'list');
    return all.filter(({ role, revoked: at }) => role === 'gateway' && at !== null).length;
  };
  const serials: string[] = [];
  for (let count = 0; count < 3; count++) {
    const { certificatePem } = await service.identity('gateway');
    serials.push(serialOf(new X509Certificate(certificatePem)));
  }
  const [first = '', second = ''] = serials;
  await host.run('certificates', 'revoke', first, '--only', '--why', 'a mistake');
  assert.equal(await revoked(), 1);
  await host.run('certificates', 'revoke', second, '--why', 'stolen');
  assert.equal(await revoked(), 3);
});

test('A15: impostors are there for people and for scripts', async (context) => {
  const host = await enrolled(context);
  assert.match(await host.run('impostors'), /^nobody was turned away/);
  assert.match(await host.run('impostors', 'incidents'), /^no incident of impostors/);
  const { clock, service } = host.service;
  const times = { firstMs: clock.nowMs(), lastMs: clock.nowMs() };
  const knock = { address: '10.0.0.9', claimed: undefined, reason: 'foreign', calls: 40 } as const;
  await service.network.database.transact((rows) =>
    noteKnocks(rows, [{ ...knock, ...times }], { nowMs: clock.nowMs() }),
  );
  const [counted] = await host.json('impostors');
  assert.deepEqual(
    [counted?.address, counted?.reason, counted?.calls],
    ['10.0.0.9', 'foreign', 40],
  );
  const [incident] = await host.json('impostors', 'incidents');
  assert.deepEqual([incident?.kind, incident?.subject], ['address', '10.0.0.9']);
  assert.match(await host.run('impostors', 'incidents'), /40 calls from 10\.0\.0\.9/);
});

test('D13: a store is held and released, for people and for scripts', async (context) => {
  const host = await enrolled(context);
  const { network } = host.service.service;
  await network.registerStore(registration(testStore(1)));
  const { storeId } = testStore(1).identity;
  const listed = async () => (await host.json('stores', 'list'))[0]?.hold;
  assert.equal(await listed(), null);
  const [done] = await host.json('stores', 'hold', storeId, '--why', 'who is this?');
  assert.deepEqual([done?.message_type, done?.hold], ['done', await listed()]);
  const { by, operator, why, heard } = (await listed()) as Record<string, unknown>;
  assert.deepEqual([by, operator, why, heard], ['operator', 'ada', 'who is this?', false]);
  assert.match(await host.run('stores', 'list'), /On hold.*\n.* ordered/);
  assert.match(await host.run('stores', 'release', storeId), /is released/);
  assert.equal(await listed(), null);
  const unknown = testStore(2).identity.storeId;
  await assert.rejects(
    host.run('stores', 'hold', unknown),
    fails('refused', /not in this network/),
  );
});

test('the journal and the leases are empty in a network that has done nothing', async (context) => {
  const host = await enrolled(context);
  assert.equal(await host.run('journal'), 'nothing has run yet\n');
  assert.equal(await host.run('leases'), 'nobody holds a lease\n');
  assert.deepEqual(await host.json('journal'), []);
});

test('figures of the coordinator are there for people and, one by one, for scripts', async (context) => {
  const host = await enrolled(context);
  assert.match(await host.run('metrics'), /^kura_requests_total\{.*\} 3$/m);
  const labels = { endpoint: 'joinStart', code: 'ok' };
  assert.deepEqual(await host.json('metrics'), [
    { metric: 'kura_requests_total', labels, value: 3 },
    { metric: 'kura_certificate_end_seconds', labels: {}, value: 60 },
  ]);
});

test('a certificate is renewed before it ends, and the file follows', async (context) => {
  const host = await enrolled(context);
  host.service.clock.now += 25 * DAY_MS;
  const before = statSync(join(host.home, 'operator.json')).ino;
  await host.run('plans', 'list');
  assert.notEqual(statSync(join(host.home, 'operator.json')).ino, before);
  host.service.clock.now += 1 * DAY_MS;
  await host.run('plans', 'list');
  assert.equal((await host.json('certificates', 'list')).filter(isOperators).length, 2);
});

const isOperators = ({ role }: Record<string, unknown>): boolean => role === 'operator';

test('a damaged file, and values that make no sense, are told in one sentence', async (context) => {
  const host = await enrolled(context);
  const bad = (...argv: readonly string[]) =>
    assert.rejects(host.run(...argv), (error: unknown) => error instanceof CommanderError);
  await bad('members', 'invite');
  await bad('members', 'invite', '--plan', 'basic', '--paid-until', '2027-02-31');
  await bad('plans', 'set', 'x', '--levels', 'high');
  await bad('invite', 'king');
  await bad('certificates', 'revoke', 'x', '--why', 'y');
  await assert.rejects(host.run('invite', 'operator'), fails('usage', /needs a name/));
  writeFileSync(join(host.home, 'operator.json'), '{');
  await assert.rejects(host.run('plans', 'list'), fails('corrupt', /operator\.json is damaged/));
});

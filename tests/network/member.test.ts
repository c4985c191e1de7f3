// Goal: a person with an invitation joins a network of others, saves and gets back, by the command that users have,
// each time in a process of its own; coordinator, gateway and stores are the programs themselves (A14, A18, B1).
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeNetwork } from '@kura/agent/network/describe-network.ts';
import { systemAlarmClock as clock, must, systemRandom as random } from '@kura/base';
import { formatInvitation } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { makeToken } from '@kura/coordinator/authority/tokens.ts';
import { type Ended, startKura } from '../real/kura.ts';
import { SmallService } from './small-service.ts';

interface Line {
  readonly valid?: boolean;
  readonly event?: string;
  readonly kind?: string;
  readonly outcome?: string;
  readonly subject?: {
    readonly paths: readonly string[];
    readonly path?: string;
    readonly target?: string | null;
    readonly dry_run: boolean;
    readonly brought?: { readonly bytes: number } | null;
  };
  readonly figures?: { readonly snapshotId?: string };
  readonly places?: readonly { readonly city: string | null; readonly copies: number }[];
}

describe('a member of a network of others', () => {
  let service: SmallService;
  let folder: string;

  before(async () => {
    service = await SmallService.start(['osaka', 'frankfurt', 'seoul']);
    folder = fs.mkdtempSync(`${service.folder}/member-`);
  });
  after(() => service.close());

  const at = (...names: string[]): string => [folder, ...names].join('/');

  function kura(...argv: string[]): Promise<Ended> {
    return startKura(argv, { home: at('home') }).ended;
  }

  async function done(...argv: string[]): Promise<Ended> {
    const ended = await kura(...argv);
    assert.equal(ended.code, 0, `${argv.join(' ')}: ${ended.err}`);
    return ended;
  }

  async function invitation(): Promise<string> {
    const agent = service.agent(await service.join());
    const { gateways } = await describeNetwork(agent.coordinator);
    const token = await service.tables.transact((rows) =>
      makeToken(rows, {
        ...{ purpose: 'member', details: { planId: 'standard' }, madeBy: 'ada' },
        ...{ nowMs: clock.nowMs(), random },
      }),
    );
    const rootHash = keyHashOf(new X509Certificate(service.rootPem));
    return formatInvitation({ address: must(gateways[0], 'an address'), rootHash, token });
  }

  it('A14: joins once with an invitation', async () => {
    const word = await invitation();
    fs.writeFileSync(at('login'), 'a passphrase to log in\n');
    const argv = ['join', word, '--account', 'grace', '--home', 'Tokyo'];
    await done(...argv, '--login-passphrase-file', at('login'));
    const again = await kura(...argv, '--login-passphrase-file', at('login'));
    assert.match(again.err, /already/);
  });

  it('A18, B1: saves to stores that have no open port, and gets back what it saved', async () => {
    fs.mkdirSync(at('source'));
    fs.writeFileSync(at('source', 'letter'), 'dear reader\n');
    const large = Buffer.from(random.bytes(300_000));
    fs.writeFileSync(at('source', 'large'), large);
    await done('backup', at('source'));
    await done('backup', at('source'));
    const listed = await done('snapshots', '--json');
    assert.equal(JSON.parse(listed.out).length, 2);
    await done('restore', 'latest', '--target', at('back'));
    const back = at('back') + at('source');
    assert.equal(fs.readFileSync(`${back}/letter`, 'utf8'), 'dear reader\n');
    assert.equal(Buffer.compare(fs.readFileSync(`${back}/large`), large), 0);
  });

  it('D5: reads from the store that was named, or from any, within limits', async () => {
    const limits = ['--limit-download', '50000'];
    const read = async (into: string, ...options: string[]): Promise<Buffer> => {
      await done('restore', 'latest', '--target', at(into), ...options, ...limits);
      return fs.readFileSync(`${at(into)}${at('source')}/large`);
    };
    const saved = fs.readFileSync(at('source', 'large'));
    assert.equal(Buffer.compare(await read('named', '--from', 'frankfurt'), saved), 0);
    assert.equal(Buffer.compare(await read('any', '--random'), saved), 0);
    const wrong = await kura('restore', 'latest', '--target', at('none'), '--from', 'atlantis');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /no store is called "atlantis"/);
  });

  it('A17: shows its card and copies it; the copy opens with the same passphrase', async () => {
    const shown = JSON.parse((await done('card', 'show', '--json')).out);
    assert.equal(shown.account, 'grace');
    assert.equal(shown.stores.length, 3);
    await done('card', 'copy', at('stick'));
    const pointer = JSON.parse(fs.readFileSync(at('home', 'network.json'), 'utf8'));
    fs.mkdirSync(at('other'));
    fs.writeFileSync(
      at('other', 'network.json'),
      JSON.stringify({ ...pointer, card: at('stick') }),
    );
    const there = await startKura(['snapshots', '--json'], { home: at('other') }).ended;
    assert.equal(there.code, 0, there.err);
    assert.equal(JSON.parse(there.out).length, 2);
  });

  it('C12, C4: shows its own journal, and receipts that verify', async () => {
    const lines = (out: string): Line[] =>
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const journal = lines((await done('journal', '--json')).out);
    assert.ok(journal.length >= 2);
    const backups = journal.filter(({ kind }) => kind === 'backup');
    for (const { subject, places, figures } of backups) {
      assert.match(String(figures?.snapshotId), /^[0-9a-f]{64}$/, 'and which snapshot it made');
      assert.deepEqual(subject?.paths, [at('source')], 'which data it was');
      assert.ok((places?.length ?? 0) > 0, 'and where it is');
      assert.ok(places?.every(({ city, copies }) => city !== null && copies > 0));
    }
    const restores = journal.filter(({ kind }) => kind === 'restore');
    assert.ok(restores.every(({ outcome }) => outcome === 'done'));
    const first = restores.at(-1)?.subject;
    assert.deepEqual([first?.target, first?.path, first?.dry_run], [at('back'), '/', false]);
    assert.ok((first?.brought?.bytes ?? 0) > 0, 'and how much came back');
    const receipts = lines((await done('receipts', '--json')).out);
    // Keys that changed and copies that moved have receipts as well.
    assert.ok(receipts.every(({ valid }) => valid));
    assert.equal(receipts.filter(({ event }) => event === 'accepted').length, 2);
  });
});

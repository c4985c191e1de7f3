// Goal: what a network shows its members is what it shows the world. Real programs: a coordinator, two witnesses, two
// stores; a member who joins pins the witnesses, and gets receipts that they have cosigned; a stranger with nothing
// but the address verifies the whole log; a witness that is away is missed, named, and catches up; an operator who
// would rather have another history gets nobody to cosign it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import { after, before, describe, it } from 'node:test';
import { must } from '@kura/base';
import { headFromTiles, headTiles, parsePolicy, ReceiptVerifier, tilePath } from '@kura/log';
import { recordsOf } from '../network/records.ts';
import { RunningNetwork } from '../network/start.ts';
import { describeEnd } from '../real/kura.ts';

const STORES = ['osaka', 'ishikari'];
const WITNESSES = ['witness-1', 'witness-2'];
let network: RunningNetwork;
before(async () => {
  network = await RunningNetwork.start({
    stores: STORES.map((city) => ({ city, kind: 'strict' })),
    witnesses: WITNESSES.length,
  });
  await network.join('grace');
  await network.join('henry');
});
after(() => network.close());

/** As a stranger asks: over TLS, with no certificate, believing none. */
function fetchBytes(path: string): Promise<Uint8Array> {
  const port = network.portOf('coordinator');
  const options = { host: '127.0.0.1', port, path: `/v1/log/${path}`, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    https
      .get(options, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const body = new Uint8Array(Buffer.concat(parts));
          if (answer.statusCode === 200) resolve(body);
          else reject(new Error(`${path}: ${answer.statusCode} ${Buffer.from(body)}`));
        });
      })
      .on('error', reject);
  });
}

const textOf = async (path: string): Promise<string> =>
  Buffer.from(await fetchBytes(path)).toString('utf8');

async function backup(home: string, text: string): Promise<void> {
  const folder = `${network.folder}/data-${home}`;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${folder}/file`, text);
  const ended = await network.member(home, 'backup', folder, '--json');
  assert.equal(ended.code, 0, describeEnd(ended));
}

type Said = Readonly<Record<string, unknown>>;

/** What this member's own check says of the receipt of the newest snapshot. */
async function newestReceipt(home: string): Promise<Said> {
  // For one that is refused it ends with 13, and shows it all the same.
  const ended = await network.member(home, 'receipts', 'list', 'latest', '--json');
  assert.notEqual(ended.out, '', describeEnd(ended));
  return must(recordsOf(ended.out)[0], 'a receipt');
}

/** No commit waits for a witness that is slow to answer: it cosigns in the background, and that is waited for. */
async function receiptThat(home: string, isWanted: (receipt: Said) => boolean): Promise<Said> {
  for (;;) {
    const receipt = await newestReceipt(home);
    if (isWanted(receipt)) return receipt;
  }
}

const isWitnessed = ({ valid, witnessed }: Said): boolean => valid === true && witnessed === true;

const witnessRecords = async (): Promise<readonly Said[]> =>
  recordsOf((await network.operator('witnesses', 'list', '--json')).out);

async function leafCount(): Promise<number> {
  const [log] = await witnessRecords();
  return Number(must(log, 'the log').leaves);
}

async function untilWitnesses(are: (witnesses: readonly Said[]) => boolean): Promise<void> {
  while (!are((await witnessRecords()).slice(1)));
}

const haveTroubles =
  (...wanted: readonly (string | null)[]) =>
  (witnesses: readonly Said[]): boolean =>
    witnesses.every(({ trouble }, index) => trouble === wanted[index]);

/** The card has another key: an event of the log. */
async function renewCard(home: string): Promise<void> {
  const ended = await network.member(home, 'card', 'renew');
  assert.equal(ended.code, 0, describeEnd(ended));
}

const TABLES = ['network.db', 'network.db-wal', 'network.db-shm'];

/** The operator's machine comes back from a backup, or the operator would rather have another history. */
async function exchangeTables(exchange: () => void): Promise<void> {
  assert.equal(await network.stop('coordinator'), 0);
  exchange();
  await network.run('coordinator');
}

function copyTables(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const name of TABLES) {
    fs.rmSync(`${to}/${name}`, { force: true });
    if (fs.existsSync(`${from}/${name}`)) fs.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

describe('a network with two witnesses', () => {
  it('gives receipts that both have cosigned, by the policy that the member has pinned', async () => {
    await backup('grace', 'first');
    const receipt = await receiptThat('grace', isWitnessed);
    assert.equal((receipt.witnesses as unknown[]).length, 2);
    const restore = async (): Promise<Said> => {
      const argv = ['restore', 'latest', '--dry-run', '--json'];
      const ended = await network.member('grace', ...argv, '--target', `${network.folder}/back`);
      assert.equal(ended.code, 0, describeEnd(ended));
      const history = recordsOf(ended.out).at(-1)?.history as { newest: Said };
      return history.newest;
    };
    // The card has the witnessed one when a session has ended since.
    await restore();
    const { logged, witnessed } = await restore();
    assert.deepEqual([logged !== null, witnessed], [true, true], 'and a restore says so');
  });

  it('shows a stranger a log whose tiles lead to the cosigned head', async () => {
    await backup('grace', 'second');
    await receiptThat('grace', isWitnessed);
    const policy = parsePolicy(await textOf('policy'));
    assert.equal(policy.witnesses.length, 2);
    const opened = new ReceiptVerifier(policy).openCheckpoint(await textOf('checkpoint'));
    assert.equal(opened.isWitnessed, true);
    const { size, head } = opened.checkpoint;
    assert.ok(size >= 2, `${size} leaves`);
    const tiles = new Map<string, Uint8Array>();
    for (const tile of headTiles(size)) {
      tiles.set(tilePath(tile), await fetchBytes(tilePath(tile)));
    }
    const computed = headFromTiles(size, (tile) => must(tiles.get(tilePath(tile)), 'asked for'));
    assert.deepEqual(computed, head);
  });

  it('lets a stranger check what a member exports, with one file and the policy that the network shows', async () => {
    const folder = `${network.folder}/proofs`;
    const exported = await network.member('grace', 'receipts', 'export', '--output', folder);
    assert.equal(exported.code, 0, describeEnd(exported));
    fs.writeFileSync(`${folder}/shown.txt`, await textOf('policy'));
    const argv = ['kura-receipts.mjs', 'shown.txt', 'receipts.jsonl'];
    const alone = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', env: {} });
    assert.equal(alone.status, 0, alone.stdout + alone.stderr);
    const [, good, witnessed] = /^(\d+) receipts good, (\d+) of them/m.exec(alone.stdout) ?? [];
    assert.ok(Number(good) >= 2 && witnessed === good, alone.stdout);
  });

  it('goes on without a witness that is away, names it, and has the receipt witnessed when it is back', async () => {
    await network.kill('witness-2');
    await backup('grace', 'third');
    const alone = await newestReceipt('grace');
    assert.deepEqual([alone.valid, alone.witnessed], [true, false]);
    await untilWitnesses(haveTroubles(null, 'unreachable'));
    await network.run('witness-2');
    await receiptThat('grace', isWitnessed);
  });

  it('judges by the witnesses that its member has pinned until he says otherwise', async () => {
    const listed = recordsOf((await network.operator('witnesses', 'list', '--json')).out);
    const second = must(
      listed.find(({ witness }) => witness === 'witness-2'),
      'it is in the list',
    );
    await network.operator('witnesses', 'remove', 'witness-2');
    await backup('grace', 'fourth');
    const claimed = await receiptThat(
      'grace',
      ({ witnessed, valid }) => witnessed === true || valid !== true,
    );
    assert.deepEqual([claimed.valid, claimed.reason], [false, 'claim']);
    const shown = recordsOf((await network.member('grace', 'witnesses', 'list', '--json')).out);
    assert.deepEqual(
      shown.map(({ message_type: kind, witnesses }) => [kind, (witnesses as unknown[]).length]),
      [
        ['pinned', 2],
        ['told', 1],
      ],
    );
    assert.equal((await network.member('grace', 'witnesses', 'accept')).code, 0);
    await receiptThat('grace', isWitnessed);
    const asBefore = ['--key', String(second.key), '--url', String(second.url)];
    await network.operator('witnesses', 'add', 'witness-2', ...asBefore);
  });

  it('is refused with another history, and named by both witnesses', async () => {
    const folder = `${network.folder}/coordinator`;
    await exchangeTables(() => copyTables(folder, `${folder}/older`));
    const size = await leafCount();
    await renewCard('grace'); // a leaf that needs no store, and that will be denied
    await untilWitnesses((all) => all.every(({ leaves }) => Number(leaves) > size));
    await exchangeTables(() => copyTables(`${folder}/older`, folder));
    for (const home of ['henry', 'henry']) await renewCard(home);
    const coordinator = network.process('coordinator');
    for (const name of WITNESSES) {
      await coordinator.logged(
        ({ event, witness }) => event === 'witness: forked' && witness === name,
      );
    }
    await untilWitnesses(haveTroubles('forked', 'forked'));
    for (const name of WITNESSES) {
      const line = await network
        .process(name)
        .logged(({ event }) => event === 'the log contradicts itself');
      assert.match(String(line.log), /^kura\.network\//);
      assert.equal(fs.readdirSync(`${network.folder}/${name}/state/evidence`).length, 1);
    }
  });
});

// Goal (R17): a witness killed at any call that touches its state, as a real process on a real disk, never signs two
// histories. What was answered before the kill and what is answered after a restart belong to one log.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@kura/base';
import { encodeAddCheckpoint } from '@kura/contract/wire/add-checkpoint.ts';
import { ed25519PublicKey, formatVerifierKey, MerkleTree, signCheckpoint } from '@kura/log';
import { buildShim, faultEnvironment } from '../faults/shim.ts';
import { ServedProcess } from '../network/process.ts';

const SEED = new Uint8Array(32).fill(3);
const ORIGIN = 'kura.network/test';
const BEFORE = 4;
const AFTER = 9;

function historyOf(name: string): MerkleTree {
  const tree = new MerkleTree();
  for (let index = 0; index < AFTER; index++) {
    tree.append(utf8(index < BEFORE ? `leaf ${index}` : `${name} ${index}`));
  }
  return tree;
}

const TRUE = historyOf('true');
const OTHER = historyOf('other');

function ask(tree: MerkleTree, { oldSize, size = AFTER }: { oldSize: number; size?: number }) {
  const checkpoint = signCheckpoint({ origin: ORIGIN, size, head: tree.head(size) }, SEED);
  return encodeAddCheckpoint({ oldSize, proof: tree.consistencyProof(oldSize, size), checkpoint });
}

/** The status of its answer; undefined if it died over it. */
async function post(address: unknown, body: Uint8Array): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://${String(address)}/add-checkpoint`, {
      method: 'POST',
      body,
    });
    await answer.text();
    return answer.status;
  } catch {
    return undefined;
  }
}

describe('a witness', () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'kura-witness-'));
  const shim = buildShim(folder);
  const state = join(folder, 'state');
  const kept = join(folder, 'kept');
  const file = join(folder, 'witness.toml');
  const calls = join(folder, 'calls.log');
  const running = new Set<ServedProcess>();
  after(async () => {
    for (const one of running) await one.end('SIGKILL');
    fs.rmSync(folder, { recursive: true });
  });

  async function start(environment: Readonly<Record<string, string>> = {}) {
    const program = new ServedProcess('witness', {
      argv: ['witness', '--config', file],
      environment,
    });
    running.add(program);
    const { address } = await program.logged(({ event }) => event === 'witnessing');
    await program.ready();
    return { program, address };
  }

  before(async () => {
    const log = { name: ORIGIN, publicKey: ed25519PublicKey(SEED) };
    fs.writeFileSync(join(folder, 'logs'), `# logs\n${formatVerifierKey(log, 'ed25519')}\n`);
    fs.writeFileSync(
      file,
      [
        'role = "witness"\nstate = "state"',
        '[listen]\naddress = "127.0.0.1:0"',
        '[witness]\nname = "w1.example"\nlogs = "logs"',
        '[health]\naddress = "127.0.0.1:0"\n',
      ].join('\n'),
    );
    const founding = new ServedProcess('witness', {
      argv: ['witness', '--config', file, '--found'],
    });
    assert.equal(await founding.ended, 0, founding.describe());
    const { program, address } = await start();
    assert.equal(await post(address, ask(TRUE, { oldSize: 0, size: BEFORE })), 200);
    assert.equal(await program.end('SIGTERM'), 0, program.describe());
    fs.cpSync(state, kept, { recursive: true });
  });

  const planned = (failAt: number) => ({
    ...{ shim: shim ?? '', under: fs.realpathSync(state), logFile: calls },
    ...{ failAt, kills: true },
  });
  const callsMade = (): number => fs.readFileSync(calls, 'utf8').trimEnd().split('\n').length;

  /** How many calls it makes until it serves, and until it has answered. */
  async function count() {
    const { program, address } = await start(faultEnvironment(planned(0)));
    const started = callsMade();
    assert.equal(await post(address, ask(TRUE, { oldSize: BEFORE })), 200);
    const answered = callsMade();
    await program.end('SIGKILL');
    return { started, answered };
  }

  async function killAt(failAt: number): Promise<void> {
    fs.rmSync(state, { recursive: true });
    fs.cpSync(kept, state, { recursive: true });
    const struck = await start(faultEnvironment(planned(failAt)));
    const first = await post(struck.address, ask(TRUE, { oldSize: BEFORE }));
    await struck.program.end('SIGKILL');
    const { program, address } = await start();
    const other = await post(address, ask(OTHER, { oldSize: BEFORE }));
    const where = `killed at call ${failAt}: ${first}, then ${other}`;
    assert.ok(!(first === 200 && other === 200), where);
    assert.ok(other === 200 || other === 409, where);
    // It goes on with the one history that it has seen.
    const seen = other === 200 ? OTHER : TRUE;
    assert.equal(await post(address, ask(seen, { oldSize: AFTER })), 200, where);
    const lie = seen === TRUE ? OTHER : TRUE;
    assert.equal(await post(address, ask(lie, { oldSize: AFTER })), 409, where);
    await program.end('SIGKILL');
  }

  it('R17: killed at any call on its state, it signs one history', {
    skip: shim === undefined ? 'there is no C compiler' : false,
  }, async () => {
    const { started, answered } = await count();
    assert.ok(answered - started >= 6, `${answered - started} calls`);
    for (let at = started + 1; at <= answered; at++) await killAt(at);
  });
});

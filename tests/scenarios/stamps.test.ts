// Goal: a backup is notarised by real authorities over HTTP, one after the other confirmed, and what they said is
// judged later with all of them gone; what does not agree ends a command (D16).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { systemRandom as random, systemClock } from '@kura/base';
import { foundAuthority, issueTimestamper, newKey } from '@kura/certificates';
import { encodeAnswer, issueToken, parseRequest } from '@kura/timestamps';
import { lastRecord, Scene } from '../real/scene.ts';
import { writeFiles } from '../real/tree.ts';

/** RFC 3161 over HTTP, with a root of its own whose certificate lies in `file`. */
async function startAuthority(name: string, file: string): Promise<http.Server> {
  const nowMs = systemClock.nowMs();
  const root = foundAuthority(name, { nowMs, random });
  const key = newKey(random);
  const certificatePem = issueTimestamper(root, { key, nowMs, random });
  fs.writeFileSync(file, root.certificatePem);
  const server = http.createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      assert.equal(incoming.headers['content-type'], 'application/timestamp-query');
      const request = parseRequest(new Uint8Array(Buffer.concat(parts)));
      const stamping = { timeMs: systemClock.nowMs(), serial: random.bytes(16) };
      const token = issueToken({ key, certificatePem }, request, stamping);
      outgoing.setHeader('content-type', 'application/timestamp-reply');
      outgoing.end(encodeAnswer(token));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: http.Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

interface Stamps {
  readonly approvals: number;
  readonly imprint: string;
  readonly stamps: readonly { readonly name: string; readonly time: string }[];
}

describe('a notarised backup', () => {
  let scene: Scene;
  const servers: http.Server[] = [];

  before(async () => {
    scene = await Scene.founded();
    writeFiles(scene.source, { contract: 'between us' });
    const lines: string[] = [];
    for (const name of ['one', 'two']) {
      const file = `${scene.home}/${name}.pem`;
      const server = await startAuthority(name, file);
      servers.push(server);
      lines.push(`${urlOf(server)} ${file}`);
    }
    const toml = `[timestamps]\nauthorities = ${JSON.stringify(lines)}\n`;
    fs.writeFileSync(`${scene.home}/agent.toml`, toml);
  });
  after(async () => {
    for (const server of servers) server.close();
    await scene?.close();
  });

  it('D16: has as many approvals as were asked for, or is not begun', async () => {
    const three = await scene.run(['backup', scene.source, '--notarise', '--approvals', '3']);
    assert.notEqual(three.code, 0);
    assert.match(three.err, /approvals asked for is 3, that of authorities known 2/);
    const argv = ['backup', scene.source, '--notarise', '--approvals', '2', '--json'];
    const stamped = lastRecord(await scene.done(...argv)) as unknown as Stamps;
    assert.equal(stamped.stamps.length, 2);
    assert.match(stamped.imprint, /^[0-9a-f]{64}$/);
  });

  it('D16: under a lock is listed as any other, opened by its stamps, and compared with none', async () => {
    const alone = await scene.run(['backup', scene.source, '--lock']);
    assert.equal(alone.code, 2);
    const argv = ['backup', scene.source, '--notarise', '--approvals', '2', '--lock', '--json'];
    const { snapshot_id: id } = lastRecord(await scene.done(...argv)) as { snapshot_id: string };
    assert.deepEqual(fs.readdirSync(`${scene.home}/member/locks`), []);
    assert.match((await scene.done('ls', id, '--recursive')).out, /contract/);
    const path = `${scene.source}/contract`;
    await scene.done('cache', 'clear');
    assert.equal((await scene.done('dump', id, path)).out, 'between us');
    await scene.done('check', '--read-data');
    await scene.done('drill', id);
    assert.match((await scene.done('stamps', 'show', id)).out, /2 of 2 approvals/);
    const [first = ''] = (
      JSON.parse((await scene.done('snapshots', '--json')).out) as { id: string }[]
    )
      .map((one) => one.id)
      .filter((other) => other !== id);
    const compared = await scene.run(['diff', first, id]);
    assert.match(compared.err, /nothing in common/);
    await scene.done('forget', id, '--prune');
  });

  it('D16: is judged with the authorities gone, and refused when a stamp was changed', async () => {
    for (const server of servers) server.close();
    const shown = lastRecord(await scene.done('stamps', 'show', 'latest', '--json'));
    assert.equal((shown as unknown as Stamps).stamps.length, 2);
    const folder = `${scene.home}/stamps`;
    const [name = ''] = fs.readdirSync(folder);
    const kept = JSON.parse(fs.readFileSync(`${folder}/${name}`, 'utf8'));
    kept.receipt.body = kept.receipt.body.replace('"packCount":', '"packCount":1');
    fs.writeFileSync(`${folder}/${name}`, JSON.stringify(kept));
    const refused = await scene.run(['stamps', 'show', 'latest']);
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /it is of something else/);
  });

  it('D16: is saved all the same when nobody stamps, and says so', async () => {
    writeFiles(scene.source, { contract: 'between us, changed' });
    const silent = await scene.run(['backup', scene.source, '--notarise', '--approvals', '2']);
    assert.notEqual(silent.code, 0);
    assert.match(silent.err, /0 of 2 timestamp authorities have approved/);
    assert.match(silent.out, /snapshot [0-9a-f]+ saved/);
  });
});

// Goal: the right implementation is taken without a word on the terminal, in workers as well.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadNative } from './load.ts';

const INDEX = new URL('index.ts', import.meta.url).href;

/** What a fresh process of this Node says and warns about. */
function run(code: string, ...flags: string[]): { out: string; warnings: string } {
  const script = `import { loadNative } from ${JSON.stringify(INDEX)};\n${code}`;
  const options = { encoding: 'utf8' } as const;
  const args = [...flags, '--input-type=module', '--eval', script];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, options);
  assert.equal(status, 0, stderr);
  return { out: stdout.trim(), warnings: stderr };
}

test('the choice is kept for the thread', () => {
  assert.equal(loadNative(), loadNative('ffi'));
  assert.equal(loadNative('twin'), loadNative('twin'));
  assert.equal(loadNative('twin').kind, 'twin');
  assert.equal(loadNative('ffi').kind, 'ffi');
});

test('the default is node:ffi, and nothing is printed about experiments', () => {
  assert.deepEqual(run('console.log(loadNative().kind)'), { out: 'ffi', warnings: '' });
});

test('other warnings still come through', () => {
  const code = "loadNative(); process.emitWarning('something else', 'ExperimentalWarning')";
  assert.match(run(code).warnings, /something else/);
});

test('without node:ffi the twin is taken, and asking for ffi says why not', () => {
  const code =
    "console.log(loadNative().kind); try { loadNative('ffi') } catch (e) { console.log(e.code) }";
  assert.deepEqual(run(code, '--no-experimental-ffi'), { out: 'twin\nunsupported', warnings: '' });
});

test('a worker has contexts, errors and descriptors of its own, without warnings', async () => {
  const code = `
    import { loadNative } from ${JSON.stringify(INDEX)};
    import { parentPort } from 'node:worker_threads';
    const seen = [];
    process.on('warning', (warning) => seen.push(String(warning)));
    for (const { posix, bulk } of [loadNative('ffi'), loadNative('twin')]) {
      const folder = posix.openFolder('/etc');
      const file = posix.openRead('/etc/passwd');
      try { posix.openFolderAt(folder, 'no such folder'); } catch (e) { seen.push(e.code); }
      posix.close(file);
      posix.close(folder);
      const hash = new Uint8Array(32);
      bulk.sha256(hash, hash.subarray(0));
      seen.push(Buffer.from(hash).toString('hex').slice(0, 8));
    }
    await new Promise((resolve) => setImmediate(resolve));
    parentPort.postMessage(seen);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url);
  const seen = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  assert.deepEqual(seen, ['ENOENT', '66687aad', 'ENOENT', '66687aad']);
});

test('a wrong length is refused before any pointer is handed out', () => {
  // In a process of its own: were the length passed on, it would corrupt memory or crash.
  const code = `
    const { bulk } = loadNative('ffi');
    let refused = 0;
    const tries = [
      () => bulk.sha256(new Uint8Array(1), new Uint8Array(8)),
      () => bulk.gcm(new Uint8Array(31)),
      () => bulk.cipher('chacha20', new Uint8Array(32), 'encrypt')
        .apply(new Uint8Array(12), new Uint8Array(1 << 20), new Uint8Array(1 << 20)),
      () => bulk.cipher('chacha20', new Uint8Array(32), 'encrypt')
        .apply(new Uint8Array(16), new Uint8Array(1 << 20), new Uint8Array(16)),
    ];
    for (const attempt of tries) {
      try { attempt(); } catch (e) { if (e.name === 'AssertionError') refused++; }
    }
    console.log(refused);`;
  assert.deepEqual(run(code), { out: '4', warnings: '' });
});

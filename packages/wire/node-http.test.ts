// What a program pays for HTTP before its first request.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const SERVER = new URL('./server/serve.ts', import.meta.url).href;
const CLIENT = new URL('./client/open-client.ts', import.meta.url).href;
const LOADED = `
  for (const module of process.argv.slice(1)) await import(module);
  process.stdout.write(process.moduleLoadList.join());`;

test("whoever serves or calls endpoints loads Node's HTTP, and not its fetch", () => {
  const argv = ['--input-type=module', '--eval', LOADED, SERVER, CLIENT];
  const loaded = execFileSync(process.execPath, argv, { encoding: 'utf8' });
  assert.match(loaded, /_http_client/);
  assert.match(loaded, /_http_server/);
  assert.doesNotMatch(loaded, /undici/);
});

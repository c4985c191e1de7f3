// `npm run test:s3`: the suites of stores in buckets, against a real object store. One that `KURA_S3_ENDPOINT`,
// `KURA_S3_ACCESS_KEY` and `KURA_S3_SECRET_KEY` name is used; else Ceph's RADOS gateway is fetched, started on loopback
// and stopped again. Ends with one line of figures, and with 0 only if all is good.
import { execFile, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MINUTE_MS, systemClock } from '@kura/base';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STARTER = fileURLToPath(new URL('s3/radosgw.sh', import.meta.url));
/** Packages stay here for the next run: 300 MiB. */
const FOLDER = `${os.tmpdir()}/kura-radosgw`;
const PORT = '33480';
const START_MS = 15 * MINUTE_MS;

interface ObjectStore {
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

async function findStore(): Promise<ObjectStore> {
  const { KURA_S3_ENDPOINT: endpoint } = process.env;
  if (endpoint !== undefined) {
    return { name: endpoint, environment: {}, stop: async () => undefined };
  }
  const run = promisify(execFile);
  const { stdout } = await run(STARTER, ['up', FOLDER, PORT], { timeout: START_MS });
  const fact = (name: string): string => new RegExp(`${name}=(\\S+)`).exec(stdout)?.[1] ?? '';
  return {
    name: 'Ceph RADOS gateway',
    environment: {
      KURA_S3_ENDPOINT: fact('endpoint'),
      KURA_S3_ACCESS_KEY: fact('access_key'),
      KURA_S3_SECRET_KEY: fact('secret_key'),
    },
    stop: async () => {
      await run(STARTER, ['down', FOLDER]);
    },
  };
}

/** Runs the suites; what they print goes to the terminal, how many passed comes back. */
async function runSuites(
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly passed: number; readonly failed: number; readonly skipped: number }> {
  const files = globSync('tests/s3/*.test.ts', { cwd: ROOT }).sort();
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...files], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (part: Buffer) => {
    process.stdout.write(part);
    said += part.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const count = (name: string): number =>
    Number(new RegExp(`ℹ ${name} (\\d+)`).exec(said)?.[1] ?? 0);
  const failed = count('fail');
  return {
    passed: count('pass'),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: count('skipped'),
  };
}

if (import.meta.main) {
  const startedMs = systemClock.elapsedMs();
  let store: ObjectStore;
  try {
    store = await findStore();
  } catch (error) {
    console.error(
      `no object store could be started: ${error instanceof Error ? error.message : error}`,
    );
    console.error('It needs Debian 12 or a like system with apt-get, dpkg, python3 and curl;');
    console.error('or name one in KURA_S3_ENDPOINT, KURA_S3_ACCESS_KEY and KURA_S3_SECRET_KEY.');
    process.exit(1);
  }
  try {
    const { passed, failed, skipped } = await runSuites(store.environment);
    const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(0);
    const verdict = failed === 0 && skipped === 0 && passed > 0;
    console.log(
      `test:s3 ${verdict ? 'good' : 'BAD'}: ${passed} passed, ${failed} failed, ${skipped} skipped ` +
        `against ${store.name} in ${seconds} s`,
    );
    process.exitCode = verdict ? 0 : 1;
  } finally {
    await store.stop();
  }
}

// `npm run test:s3`: the suites of stores in buckets, against a real object store. One that `KURA_S3_ENDPOINT`,
// `KURA_S3_ACCESS_KEY` and `KURA_S3_SECRET_KEY` name is used; else Ceph's RADOS gateway is fetched, started on loopback
// and stopped again. Ends with one line of figures, and with 0 only if all is good.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MINUTE_MS } from '@kura/base';
import { runSuites } from './suites.ts';

const STARTER = fileURLToPath(new URL('s3/radosgw.sh', import.meta.url));
/** Packages stay here for the next run: 300 MiB. */
const FOLDER = `${os.tmpdir()}/kura-radosgw`;
/** Two runs at once get different ones; the two below it by 80 are taken as well. */
const PORT = `${20_000 + (process.pid % 20_000)}`;
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
      await run(STARTER, ['down', FOLDER, PORT]);
    },
  };
}

if (import.meta.main) {
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
    const { environment } = store;
    const against = `against ${store.name}`;
    process.exitCode = await runSuites('test:s3', {
      files: 'tests/s3/*.test.ts',
      environment,
      against,
    });
  } finally {
    await store.stop();
  }
}

// The object store that tests run against: one that the environment names, or Ceph's RADOS gateway, fetched and started
// on loopback.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MINUTE_MS } from '@kura/base';

const STARTER = fileURLToPath(new URL('radosgw.sh', import.meta.url));
/** Packages stay here for the next run: 300 MiB. */
const FOLDER = `${os.tmpdir()}/kura-radosgw`;
/** Two runs at once get different ones; the two below it by 80 are taken as well. */
const PORT = `${20_000 + (process.pid % 20_000)}`;
const START_MS = 15 * MINUTE_MS;

export interface ObjectStore {
  readonly name: string;
  /** What the tests read it from. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Throws with what is missing, in words for whoever runs the tests. */
export async function findObjectStore(): Promise<ObjectStore> {
  const { KURA_S3_ENDPOINT: endpoint } = process.env;
  if (endpoint !== undefined) {
    return { name: endpoint, environment: {}, stop: async () => undefined };
  }
  const run = promisify(execFile);
  const { stdout } = await run(STARTER, ['up', FOLDER, PORT], { timeout: START_MS }).catch(
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`no object store could be started: ${why}\n${NEEDS}`);
    },
  );
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

const NEEDS =
  'It needs Debian 12 or a like system with apt-get, dpkg, python3 and curl;\n' +
  'or name one in KURA_S3_ENDPOINT, KURA_S3_ACCESS_KEY and KURA_S3_SECRET_KEY.';

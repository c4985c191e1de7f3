// The object store that these tests speak to. `npm run test:s3` starts one and names it in the environment; without a
// name nothing here runs.
import { writeFileSync } from 'node:fs';
import { type Random, systemAlarmClock, systemRandom, toHex } from '@kura/base';
import { Bucket } from '@kura/store/s3/bucket.ts';
import { type OutsideClient, openOutsideClient } from '@kura/wire/outside/outside-client.ts';

const { KURA_S3_ENDPOINT: endpoint, KURA_S3_ACCESS_KEY: accessKey = '' } = process.env;
const { KURA_S3_SECRET_KEY: secretKey = '' } = process.env;

/** Why these tests are skipped; false if they are not. */
export const SKIPPED: string | false =
  endpoint === undefined ? 'needs an object store: npm run test:s3' : false;

/** How a store's configuration names the object store; its keys have to be files. */
export function shelfSettings(folder: string, bucket: string) {
  const accessKeyFile = `${folder}/access.key`;
  const secretKeyFile = `${folder}/secret.key`;
  writeFileSync(accessKeyFile, accessKey, { mode: 0o600 });
  writeFileSync(secretKeyFile, secretKey, { mode: 0o600 });
  return { kind: 's3', bucket, endpoint: endpoint ?? '', accessKeyFile, secretKeyFile } as const;
}

export interface Place {
  readonly client: OutsideClient;
  readonly bucket: Bucket;
}

/** A bucket of a name that nobody else has; it is made when a store is founded in it. */
export function newPlace(
  change: { secretKey?: string; random?: Random; name?: string } = {},
): Place {
  const clock = systemAlarmClock;
  const random = systemRandom;
  const client = openOutsideClient({ connections: 32, deadlineMs: 30_000, clock });
  const bucket = new Bucket({
    endpoint: endpoint ?? '',
    bucket: change.name ?? `kura-${toHex(random.bytes(8))}`,
    region: 'us-east-1',
    accessKey,
    secretKey: change.secretKey ?? secretKey,
    client,
    clock,
    random,
  });
  return { client, bucket };
}

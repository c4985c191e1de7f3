// Whether a bucket keeps the two promises on which a shelf stands: a put with `If-None-Match` never replaces,
// and one with `If-Match` replaces only the state that it names. Asked of a probe object at every start: some
// servers take the conditions and ignore them, at least where the bucket keeps versions.
import { KuraError, type Random, toHex, utf8 } from '@kura/base';
import type { Bucket } from './bucket.ts';
import { PROBE_PREFIX } from './bucket-names.ts';

const PROBE_NAME_BYTES = 8;

/** Throws `unsupported` if one of them does not hold. */
export async function checkConditions(bucket: Bucket, random: Random): Promise<void> {
  const key = `${PROBE_PREFIX}${toHex(random.bytes(PROBE_NAME_BYTES))}`;
  const [first, second] = [utf8('one'), utf8('two')];
  const demand = (isKept: boolean, promise: string): void => {
    if (isKept) return;
    throw new KuraError('unsupported', `bucket ${bucket.name} ${promise}`, {
      guidance: 'Use an object store with conditional writes, or a bucket without versions.',
      context: { bucket: bucket.name },
    });
  };
  const put = (bytes: Uint8Array, over: 'new' | { readonly etag: string }): Promise<string> =>
    bucket.put({ key, bytes, over });
  try {
    demand((await put(first, 'new')) === 'stored', 'refuses a new object under a condition');
    demand((await put(second, 'new')) === 'taken', 'replaces an object that must not be replaced');
    const etag = (await bucket.head(key))?.etag ?? '';
    demand((await put(second, { etag })) === 'stored', 'does not know the state of its own object');
    demand((await put(first, { etag })) === 'taken', 'replaces an object whose state is another');
  } finally {
    await bucket.remove(key);
  }
}

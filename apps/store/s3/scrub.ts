// A store's own check of one copy in a bucket: the whole object is read into memory and judged and rebuilt by the code
// that judges and rebuilds files. A healed copy replaces exactly the state that was read; what parity cannot bring
// back is set aside, so that a good copy can take its name.
import { type CopyId, KuraError, toHex } from '@kura/base';
import { noteDamage } from '../findings/note-damage.ts';
import {
  type Damage,
  damageBeyondReading,
  damageWithoutTable,
  describeDamage,
} from '../scrub/damage.ts';
import { badLeavesOf, type Inspection, inspectOpened, isIntact } from '../scrub/inspect.ts';
import { rebuildCopy } from '../scrub/rebuild.ts';
import type { Scrubbed } from '../scrub/scrub.ts';
import { geometryOf, geometryOfFile } from '../shelf/layout.ts';
import type { FoundObject } from './bucket.ts';
import { copyObject, quarantinePrefix } from './bucket-names.ts';
import type { KeeperContext } from './keeper-context.ts';
import { partOfFile } from './open-object.ts';

const RANDOM_NAME_BYTES = 8;

/** Throws `unreachable`, `refused` or `busy` (locked); a damaged copy is a result, not an error. */
export async function scrubObject(context: KeeperContext, copyId: CopyId): Promise<Scrubbed> {
  const { shape, bucket, findings: book, foreign, clock } = context;
  const maxBytes = geometryOf(shape.leafBytes, shape.packLeaves[2]).fileBytes;
  const object = await bucket.get(copyObject(copyId), { maxBytes });
  if (object === undefined) {
    context.forget(copyId);
    await context.checkPresent();
    return { copyId, state: 'missing', badLeaves: [] };
  }
  const inspection = inspectBytes(context, copyId, object.bytes);
  if (inspection !== undefined && isIntact(inspection)) {
    return { copyId, state: 'intact', badLeaves: [], inspection };
  }
  const damage = damageOf(context, object.bytes, inspection);
  const noted = await noteDamage({ book, foreign, copyId, nowMs: clock.nowMs() }, damage);
  const badLeaves = inspection === undefined ? [] : badLeavesOf(inspection);
  if (inspection !== undefined && (await healObject(context, copyId, { object, inspection }))) {
    return { copyId, state: 'healed', badLeaves, inspection, noted };
  }
  await setAside(context, copyId, object);
  return { copyId, state: 'damaged', badLeaves, noted };
}

function damageOf(
  context: KeeperContext,
  bytes: Uint8Array,
  inspection: Inspection | undefined,
): Damage {
  const geometry = geometryOfFile(context.shape, bytes.length);
  if (geometry === undefined) return damageBeyondReading(0);
  const copy = { geometry, file: partOfFile(bytes) };
  return inspection === undefined
    ? damageWithoutTable(copy)
    : describeDamage(context, copy, inspection);
}

function inspectBytes(
  context: KeeperContext,
  copyId: CopyId,
  bytes: Uint8Array,
): Inspection | undefined {
  const geometry = geometryOfFile(context.shape, bytes.length);
  if (geometry === undefined) return undefined;
  return inspectOpened(context, copyId, { geometry, file: partOfFile(bytes) });
}

interface DamagedObject {
  readonly object: FoundObject;
  readonly inspection: Inspection;
}

/** True if the object is whole again; false if parity cannot do it. */
async function healObject(
  context: KeeperContext,
  copyId: CopyId,
  { object, inspection }: DamagedObject,
): Promise<boolean> {
  const { geometry, table } = inspection;
  const healed = new Uint8Array(object.bytes.length);
  const medium = {
    write: (bytes: Uint8Array, position: number): void => healed.set(bytes, position),
  };
  const copy = { geometry, file: partOfFile(object.bytes) };
  if (!rebuildCopy(context, { copy, table, medium: () => medium })) return false;
  if (!isIntact(inspectBytes(context, copyId, healed))) return false;
  const { etag } = object;
  const key = copyObject(copyId);
  const put = { key, bytes: healed, over: { etag }, ...context.retention() };
  if ((await context.bucket.put(put)) === 'stored') return true;
  throw new KuraError('busy', `copy ${copyId} changed while it was healed`, {
    guidance: 'Look for another program that uses this bucket; the next check looks again.',
  });
}

/** One object per copy is kept for whoever asks what happened. */
async function setAside(
  context: KeeperContext,
  copyId: CopyId,
  object: FoundObject,
): Promise<void> {
  const { bucket, random } = context;
  const prefix = quarantinePrefix(copyId);
  const key = `${prefix}${toHex(random.bytes(RANDOM_NAME_BYTES))}`;
  const earlier = await Array.fromAsync(bucket.list(prefix));
  await bucket.put({ key, bytes: object.bytes, over: 'new' });
  await bucket.remove(copyObject(copyId));
  context.forget(copyId);
  for (const old of earlier) {
    await bucket.remove(old.key);
    context.count(-old.sizeBytes);
  }
}

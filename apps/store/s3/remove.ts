// Destroys what a warrant names in a bucket: all of it is checked before anything goes, and every version of it goes.
// A copy that is gone already counts as removed, so an order can be repeated.
import { type CopyId, KuraError, type MemberId } from '@kura/base';
import type { Warrant } from '@kura/contract';
import { authorise, copiesOf } from '../authorise.ts';
import { copyObject, quarantinePrefix } from './bucket-names.ts';
import type { KeeperContext } from './keeper-context.ts';
import { readObjectTable } from './open-object.ts';

/** A warrant may name 10,000 copies: one after the other would outlast every deadline. */
const AT_ONCE = 16;

export async function removeObjects(
  context: KeeperContext,
  warrant: Warrant,
): Promise<readonly CopyId[]> {
  await context.checkPresent();
  const ids = [...copiesOf(warrant)];
  const members = new Set<MemberId>();
  await eachOf(ids, async (id) => {
    const member = await memberOf(context, id);
    if (member !== undefined) members.add(member);
  });
  const { record, owners, closings, clock, storeKeys } = context;
  const nowMs = clock.nowMs();
  await authorise(warrant, members, { record, owners, closings, nowMs, storeKeys });
  await eachOf(ids, (id) => removeOne(context, id));
  return ids;
}

async function memberOf(context: KeeperContext, id: CopyId): Promise<MemberId | undefined> {
  try {
    return (await readObjectTable(context, id)).table.memberId;
  } catch (error) {
    if (error instanceof KuraError && error.code === 'missing') return undefined;
    if (!(error instanceof KuraError && error.code === 'corrupt')) throw error;
    throw new KuraError('corrupt', `copy ${id} is damaged, and does not say whose it is`, {
      guidance: 'Check the store first: damaged copies are set aside.',
      cause: error,
    });
  }
}

async function removeOne(context: KeeperContext, id: CopyId): Promise<void> {
  const { bucket } = context;
  const found = await bucket.head(copyObject(id));
  await bucket.remove(copyObject(id));
  context.forget(id);
  context.count(-(found?.sizeBytes ?? 0));
  for await (const { key, sizeBytes } of bucket.list(quarantinePrefix(id))) {
    await bucket.remove(key);
    context.count(-sizeBytes);
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const next = items.values();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of next) await work(item);
  });
  await Promise.all(workers);
}

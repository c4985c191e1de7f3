// Destroys what a warrant names. All of it is checked before anything goes: the wrong signature,
// time or store removes nothing. A copy that is gone already counts as removed, so an order can
// be repeated.
import { type CopyId, errnoOf, KuraError, type MemberId, type StoreId } from '@kura/base';
import type { Warrant } from '@kura/contract';
import { authorise, copiesOf } from '../authorise.ts';
import type { Owners } from '../owners/owners.ts';
import { quarantinedPaths } from '../scrub/quarantine.ts';
import type { ShelfContext } from './context.ts';
import { copyPath, fanOutFolder } from './layout.ts';
import { withCopy } from './open-copy.ts';
import { readTable } from './stat.ts';

export async function remove(
  context: ShelfContext,
  warrant: Warrant,
  storeKeys: ReadonlyMap<StoreId, Uint8Array>,
): Promise<readonly CopyId[]> {
  context.checkPresent();
  context.checkTrusted();
  const ids = copiesOf(warrant);
  const members = new Set<MemberId>();
  for (const id of ids) {
    const member = memberOf(context, id);
    if (member !== undefined) members.add(member);
  }
  const { record, owners, closings, clock } = context;
  const nowMs = clock.nowMs();
  await authorise(warrant, members, { record, owners, closings, nowMs, storeKeys });
  const paths = [...ids].map((id) => copyPath(context.paths, id));
  const quarantined = quarantinedPaths(context, ids);
  for (const path of [...paths, ...quarantined]) unlinkIfThere(context, path);
  const folders = new Set([...ids].map((id) => fanOutFolder(context.paths, id)));
  if (quarantined.length > 0) folders.add(context.paths.quarantine);
  for (const folder of folders) {
    if (context.exists(folder)) await context.syncFolder(folder);
  }
  return [...ids];
}

/** Whose copy it is; undefined if it is not there. */
function memberOf(context: ShelfContext, id: CopyId): MemberId | undefined {
  try {
    return withCopy(context, id, (copy) => readTable(context, id, copy).memberId);
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    if (error.code === 'missing') return undefined;
    if (error.code !== 'corrupt') throw error;
    // Nobody can say whose it is; where only one owner is admitted, it can be no other's.
    const only = onlyOwner(context.owners);
    if (only !== undefined) return only;
    throw new KuraError('corrupt', `copy ${id} is damaged, and does not say whose it is`, {
      guidance: 'Check the store first: damaged copies are set aside.',
      cause: error,
    });
  }
}

function onlyOwner(owners: Owners): MemberId | undefined {
  let only: MemberId | undefined;
  for (const [member] of owners.entries()) {
    if (only !== undefined) return undefined;
    only = member;
  }
  return only;
}

function unlinkIfThere(context: ShelfContext, path: string): void {
  try {
    context.disk.unlink(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw context.explain(error, 'a copy could not be removed');
  }
}

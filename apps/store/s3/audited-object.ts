// A copy in a bucket, as audits read it: leaves by ranges, as they lie there.
import { type CopyId, KuraError } from '@kura/base';
import type { AuditedCopy, AuditGround } from '../audit/ground.ts';
import { checkedCopy } from '../scrub/scrub.ts';
import { geometryOfFile } from '../shelf/layout.ts';
import { copyObject } from './bucket-names.ts';
import type { KeeperContext } from './keeper-context.ts';
import { readObjectTable } from './open-object.ts';
import { readObjectRun } from './read.ts';
import { scrubObject } from './scrub.ts';

export function groundOf(context: KeeperContext): AuditGround {
  return {
    identity: context.record.identity,
    shape: context.shape,
    bulk: context.bulk,
    clock: context.clock,
    findings: context.findings,
    seed: () => context.seed,
    open: (copyId) => openAudited(context, copyId),
    check: async (copyId) => checkedCopy(await scrubObject(context, copyId)),
  };
}

async function openAudited(context: KeeperContext, copyId: CopyId): Promise<AuditedCopy> {
  const { leafCount, table } = await lookAt(context, copyId);
  return {
    leafCount,
    table,
    read: (firstLeaf, into) => readObjectRun(context, copyId, { firstLeaf, into }),
    close: () => undefined,
  };
}

/** Also of an object whose tables do not hold: its length says how many leaves it has. */
async function lookAt(
  context: KeeperContext,
  copyId: CopyId,
): Promise<Pick<AuditedCopy, 'leafCount' | 'table'>> {
  try {
    const { geometry, table } = await readObjectTable(context, copyId);
    return { leafCount: geometry.leafCount, table };
  } catch (error) {
    if (!(error instanceof KuraError && error.code === 'corrupt')) throw error;
    const found = await context.bucket.head(copyObject(copyId));
    if (found === undefined) return context.missing(copyId);
    const geometry = geometryOfFile(context.shape, found.sizeBytes);
    if (geometry === undefined) throw error;
    return { leafCount: geometry.leafCount, table: undefined };
  }
}

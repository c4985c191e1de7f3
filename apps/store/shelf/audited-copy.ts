// A copy on a folder shelf, as audits read it: past the page cache, and as it lies there.
import { type CopyId, errnoOf, KuraError } from '@kura/base';
import type { AuditedCopy, AuditGround, OwnTable } from '../audit/ground.ts';
import { checkedCopy, scrub } from '../scrub/scrub.ts';
import type { ShelfContext } from './context.ts';
import { tryTo } from './durable-write.ts';
import { readRun } from './fetch.ts';
import { type OpenedCopy, openCopy } from './open-copy.ts';
import { readTable } from './stat.ts';

export function groundOf(context: ShelfContext): AuditGround {
  return {
    get identity() {
      return context.record.identity;
    },
    shape: context.shape,
    bulk: context.bulk,
    clock: context.clock,
    findings: context.findings,
    seed: () => context.seed(),
    open: async (copyId) => openAudited(context, copyId),
    check: async (copyId) => {
      context.checkPresent();
      return checkedCopy(await scrub(context, copyId));
    },
  };
}

function openAudited(context: ShelfContext, copyId: CopyId): AuditedCopy {
  const copy = openCopy(context, copyId, { direct: true });
  return {
    leafCount: copy.geometry.leafCount,
    table: ownTable(context, copyId, copy),
    read: async (firstLeaf, into) => readRun({ ...copy, copyId }, firstLeaf, into),
    close: () => void tryTo(() => copy.file.close()),
  };
}

/** Undefined if neither holds, or can be read. */
function ownTable(context: ShelfContext, copyId: CopyId, copy: OpenedCopy): OwnTable | undefined {
  try {
    return readTable(context, copyId, copy);
  } catch (error) {
    if (error instanceof KuraError || errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

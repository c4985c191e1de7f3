// Copies of a pack are fetched side by side, each store's cipher is taken off, and what lies below has to be the
// same in all, leaf by leaf: who differs, and where. For that something differs at all one fetched copy is enough
// (`compare-by-tag.ts`). What is inside a leaf stays sealed.
import { KuraError } from '@kura/base';
import { differenceOf } from '@kura/contract';
import type { GatewayContext } from '../gateway/context.ts';
import { type CompareMemory, WINDOW_BYTES } from './compare-memory.ts';
import { type LeafRun, OpenCopy } from './open-copy.ts';
import type { CopyToAudit, Outcome } from './outcome.ts';
import type { MadePair, PairParts } from './pairs.ts';

export interface ComparedCopy extends Outcome {
  /** For its next full reads. */
  readonly pairs: readonly MadePair[];
  /** It is what its store acknowledged, and not the same pack as another copy that is so too. */
  readonly isUnlike?: boolean;
}

export interface CompareParts extends PairParts {
  readonly memory: CompareMemory;
}

/** All `copies` are of one pack. Never throws for what a store does: that is the outcome. */
export async function compareCopies(
  context: GatewayContext,
  copies: readonly CopyToAudit[],
  parts: CompareParts,
): Promise<readonly ComparedCopy[]> {
  const open = copies.map((copy, index) => {
    return new OpenCopy(context, copy, { ...parts, memory: parts.memory.take(index) });
  });
  try {
    await Promise.all(open.map((one) => one.start()));
    for (const run of runsOf(context, copies[0]?.leafCount ?? 0)) {
      await Promise.all(open.map((one) => one.read(run)));
      compareRun(open, run);
    }
    return open.map(outcomeOf);
  } finally {
    for (const one of open) one.free();
  }
}

/** What is fetched at once, one window after the other. */
export function* runsOf({ shape }: GatewayContext, leafCount: number): Generator<LeafRun> {
  const windowBytes = shape.windowLeaves * shape.leafBytes;
  const atOnce = Math.floor(WINDOW_BYTES / windowBytes) * shape.windowLeaves;
  if (atOnce === 0)
    throw new KuraError('too_large', `a window of ${windowBytes} bytes is too large`);
  for (let firstLeaf = 0; firstLeaf < leafCount; firstLeaf += atOnce) {
    yield { firstLeaf, leafCount: Math.min(atOnce, leafCount - firstLeaf) };
  }
}

function compareRun(open: readonly OpenCopy[], run: LeafRun): void {
  const there = open.filter(({ fault }) => fault === undefined);
  for (let leaf = run.firstLeaf; leaf < run.firstLeaf + run.leafCount; leaf++) {
    const right = there.filter((one) => one.isRight(leaf));
    const [first, ...others] = right;
    const wanted = first?.leafOf(run, leaf);
    for (const one of there) {
      if (!one.isRight(leaf)) judgeLeaf(one, { run, leaf, wanted });
    }
    if (wanted === undefined) continue;
    const unlike = others.filter((one) => Buffer.compare(one.leafOf(run, leaf), wanted) !== 0);
    // Nobody can say which of them is meant: each is what its store acknowledged.
    if (unlike.length > 0) for (const one of right) one.isUnlike = true;
  }
}

interface LeafToJudge {
  readonly run: LeafRun;
  readonly leaf: number;
  /** As another copy has it, rightly; sealed. */
  readonly wanted: Uint8Array | undefined;
}

/** A leaf that is not what the table says, or of a copy whose table is not that of its root. */
function judgeLeaf(one: OpenCopy, { run, leaf, wanted }: LeafToJudge): void {
  if (wanted === undefined) {
    if (one.hasTable) one.findings.push({ leaf });
    return;
  }
  const found = one.leafOf(run, leaf);
  if (Buffer.compare(found, wanted) === 0) return;
  // As the bytes lie at the store: some ciphers spread a bit over a block.
  const difference = differenceOf(one.outerOf(leaf, found), one.outerOf(leaf, wanted));
  one.findings.push(difference === undefined ? { leaf } : { leaf, difference });
}

/** What the windows so far have shown; `one` is not read any more. */
export function outcomeOf(one: OpenCopy): ComparedCopy {
  return {
    copy: one.copy,
    source: 'compare',
    ...verdictOf(one),
    findings: one.findings,
    lineBytes: one.lineBytes,
    readBytes: 0,
    isWhole: one.fault === undefined,
    pairs: one.pairs(),
    isUnlike: one.isUnlike,
  };
}

function verdictOf({
  fault,
  findings,
  hasTable,
  isUnlike,
}: OpenCopy): Pick<Outcome, 'class' | 'why'> {
  if (findings.length > 0) {
    const leaves = findings.length === 1 ? 'a leaf is' : `${findings.length} leaves are`;
    return { class: 'wrong', why: `${leaves} not as entrusted` };
  }
  if (fault !== undefined) return fault;
  if (!hasTable) return { class: 'wrong', why: 'its leaf hashes do not lead to the root' };
  if (isUnlike) {
    return { class: 'unknown', why: 'what each store acknowledged is not the same pack' };
  }
  return { class: 'ok', why: 'the same as the other copies' };
}

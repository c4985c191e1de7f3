// The comparison of copies (A10) for the price of one on the line: the copy whose turn it is, the lead, is fetched
// and its cipher taken off; each other store's cipher is put on what lies below, and of what that store has to have
// a tag is made under a key that is used once. The store is asked for it (`ask-full-read.ts`): its sixteen bytes say
// whether all of its copy is the same. Who differs is fetched after all (`compare-copies.ts`). Pairs for the
// rounds to come are made of the same bytes.
import { must } from '@kura/base';
import type { CopyCipher } from '@kura/copy-seal';
import type { GatewayContext } from '../gateway/context.ts';
import {
  type ComparedCopy,
  type CompareParts,
  compareCopies,
  outcomeOf,
  runsOf,
} from './compare-copies.ts';
import { faultOf } from './fault-class.ts';
import { type LeafRun, OpenCopy } from './open-copy.ts';
import type { CopyToAudit } from './outcome.ts';
import { type MadePair, PAIRS_PER_FETCH, PairMaker, type PairParts } from './pairs.ts';

/** What a store has to answer if its copy is the same pack as the lead. */
export interface TagQuestion {
  readonly copy: CopyToAudit;
  /** Asked now. */
  readonly pair: MadePair;
  /** For its next full reads. */
  readonly pairs: readonly MadePair[];
}

export interface ComparedByTag {
  /** Of copies that were fetched, and of those that could not even be opened. */
  readonly outcomes: readonly ComparedCopy[];
  /** Of all others; nothing is known of them until they have answered. */
  readonly questions: readonly TagQuestion[];
}

/**
 * `copies`: of one pack; the first one that can be read is the lead. A lead that is damaged says nothing of the
 * others: then all are fetched. Never throws for what a store does.
 */
export async function compareByTag(
  context: GatewayContext,
  copies: readonly CopyToAudit[],
  parts: CompareParts,
): Promise<ComparedByTag> {
  const outcomes: ComparedCopy[] = [];
  for (const [index, copy] of copies.entries()) {
    const lead = new OpenCopy(context, copy, { ...parts, memory: parts.memory.take(0) });
    const others = await openOthers(context, copies.slice(index + 1), parts);
    try {
      const isRight = await readLead(context, lead, { others: others.open, parts });
      if (isRight) {
        const questions = others.open.map((other) => other.question());
        return { outcomes: [...outcomes, outcomeOf(lead), ...others.faults], questions };
      }
      if (lead.fault !== undefined) {
        outcomes.push(outcomeOf(lead));
        continue;
      }
    } finally {
      lead.free();
      for (const other of others.open) other.free();
    }
    const compared = await compareCopies(context, copies.slice(index), parts);
    const twice = compared.map((one) =>
      one.copy === copy ? { ...one, lineBytes: one.lineBytes + lead.lineBytes } : one,
    );
    return { outcomes: [...outcomes, ...twice], questions: [] };
  }
  return { outcomes, questions: [] };
}

/** False as soon as a leaf is not as recorded. */
async function readLead(
  context: GatewayContext,
  lead: OpenCopy,
  { others, parts }: { readonly others: readonly OtherCopy[]; readonly parts: CompareParts },
): Promise<boolean> {
  const scratch = parts.memory.take(1);
  await lead.start();
  for (const run of runsOf(context, lead.copy.leafCount)) {
    await lead.read(run);
    if (!lead.isRightSoFar) return false;
    for (const part of partsOf(context, run)) {
      for (const other of others) other.add(part.firstLeaf, sealedOf(context, lead, part), scratch);
    }
  }
  return true;
}

interface LeafPart extends LeafRun {
  /** Where it begins within its run, in leaves. */
  readonly at: number;
}

/** Windows of the network: what fits into the processor's cache goes through all ciphers and tags in it. */
function* partsOf({ shape }: GatewayContext, run: LeafRun): Generator<LeafPart> {
  for (let at = 0; at < run.leafCount; at += shape.windowLeaves) {
    const leafCount = Math.min(shape.windowLeaves, run.leafCount - at);
    yield { at, firstLeaf: run.firstLeaf + at, leafCount };
  }
}

function sealedOf(
  { shape: { leafBytes } }: GatewayContext,
  lead: OpenCopy,
  { at, leafCount }: LeafPart,
): Uint8Array {
  return lead.sealed.subarray(at * leafBytes, (at + leafCount) * leafBytes);
}

// ── The others ────────────────────────────────────────────────────────────────────────────────────

async function openOthers(
  context: GatewayContext,
  copies: readonly CopyToAudit[],
  parts: PairParts,
): Promise<{ readonly open: readonly OtherCopy[]; readonly faults: readonly ComparedCopy[] }> {
  const open: OtherCopy[] = [];
  const faults: ComparedCopy[] = [];
  for (const copy of copies) {
    try {
      open.push(await OtherCopy.open(context, copy, parts));
    } catch (error) {
      const nothing = { findings: [], lineBytes: 0, readBytes: 0, isWhole: false, pairs: [] };
      faults.push({ copy, source: 'compare', ...faultOf(error), ...nothing });
    }
  }
  return { open, faults };
}

/** One that is not fetched: what its store has to have passes here instead. */
class OtherCopy {
  readonly #copy: CopyToAudit;
  readonly #cipher: CopyCipher;
  readonly #tags: PairMaker;

  private constructor(copy: CopyToAudit, cipher: CopyCipher, parts: PairParts) {
    this.#copy = copy;
    this.#cipher = cipher;
    this.#tags = new PairMaker(parts, 1 + PAIRS_PER_FETCH);
  }

  /** Throws `unreachable`, or `refused` if whoever answers is not that store (A15). */
  static async open(
    context: GatewayContext,
    copy: CopyToAudit,
    parts: PairParts,
  ): Promise<OtherCopy> {
    const { storeId, copyId } = copy;
    const store = await context.store(storeId);
    const cipher = context.openCipher({ store, copyId, direction: 'encrypt' });
    return new OtherCopy(copy, cipher, parts);
  }

  /** The next leaves of the pack, in order; `scratch`: at least as long. */
  add(firstLeaf: number, sealed: Uint8Array, scratch: Uint8Array): void {
    const outer = scratch.subarray(0, sealed.length);
    this.#cipher.apply(firstLeaf, sealed, outer);
    this.#tags.add(outer);
  }

  /** All of the pack has passed. */
  question(): TagQuestion {
    const [pair, ...pairs] = this.#tags.finish();
    return { copy: this.#copy, pair: must(pair, 'the first one is asked now'), pairs };
  }

  free(): void {
    this.#cipher.free();
  }
}

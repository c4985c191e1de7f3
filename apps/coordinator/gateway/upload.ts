// A pack on its way in: every store gets its own copy while the pack streams through, and none is safe
// before all are acknowledged. A store that fails is dropped, remembered, and made up for at the end from a
// copy that arrived: to itself once more if the fault may pass, then to the next best store.
import {
  AssertionError,
  asKuraError,
  assert,
  type ErrorCode,
  KuraError,
  type PackId,
  type StoreId,
} from '@kura/base';
import type { PackRecord, PackUpload, PlacementChoice, StoredCopy } from '@kura/contract';
import { choosePlacement } from '../placement/choose.ts';
import { assertSpread } from '../placement/spread.ts';
import type { GatewayContext } from './context.ts';
import { OutgoingCopy } from './outgoing.ts';
import { isSourceFault, replicate } from './replicate.ts';
import { isRogue } from './rogue.ts';
import { STAGING_BYTES } from './staging.ts';

/** Faults that may be over a moment later: worth one more try at the same store. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['io', 'unreachable', 'busy', 'interrupted']);

interface Failure {
  readonly storeId: StoreId;
  readonly city: string;
  readonly error: KuraError;
}

export interface UploadFields {
  readonly packId: PackId;
  readonly expectedLeaves: number;
}

export class Upload implements PackUpload {
  readonly #context: GatewayContext;
  readonly #packId: PackId;
  readonly #expectedLeaves: number;
  readonly #failures: Failure[] = [];
  /** Bytes that stores have not taken over yet; each ends well, whatever becomes of it. */
  readonly #underWay = new Set<Promise<void>>();
  #outgoing: OutgoingCopy[] = [];
  #leafCount = 0;
  #isOpen = true;
  /** A mistake in here, or a name taken by other bytes: no store makes up for it. */
  #fault: unknown;

  private constructor(context: GatewayContext, { packId, expectedLeaves }: UploadFields) {
    const mostLeaves = context.shape.packLeaves[2];
    assert(expectedLeaves > 0 && expectedLeaves <= mostLeaves, 'a pack is larger than any may be');
    this.#context = context;
    this.#packId = packId;
    this.#expectedLeaves = expectedLeaves;
  }

  /** Throws `too_few_stores` if not enough stores begin to receive. */
  static async begin(context: GatewayContext, fields: UploadFields): Promise<Upload> {
    const upload = new Upload(context, fields);
    const wanted = context.network.copies;
    while (upload.#outgoing.length < wanted) {
      const held = upload.#outgoing.map((copy) => copy.storeId);
      const choices = upload.#choose(wanted - held.length, held);
      await context.answerForRogues();
      await upload.#begin(choices);
    }
    return upload;
  }

  /** Stores for `copies` more copies, none of which holds one or has failed with this pack. */
  #choose(copies: number, held: readonly StoreId[]): PlacementChoice[] {
    const { network, shape, demoted } = this.#context;
    const { level, home, device } = network;
    const sizeBytes = this.#expectedLeaves * shape.leafBytes;
    const excluded = new Set(this.#failures.map((failure) => failure.storeId));
    const full = new Set(this.#fullStores());
    const request = { copies, level, home, device, sizeBytes, held, excluded, full, demoted };
    try {
      return choosePlacement({ request, stores: this.#context.table() });
    } catch (error) {
      return this.#refuseTooFew(held.length, error);
    }
  }

  #fullStores(): StoreId[] {
    const full = this.#failures.filter(({ error }) => error.code === 'no_space');
    return full.map(({ storeId }) => storeId);
  }

  /** All of them at once: one that is slow to answer delays the pack once, not once per store. */
  async #begin(choices: readonly PlacementChoice[]): Promise<void> {
    const pack = { packId: this.#packId, leafCount: this.#expectedLeaves };
    const begun = await Promise.allSettled(
      choices.map(({ storeId, reason }) =>
        OutgoingCopy.begin(this.#context, {
          ...pack,
          storeId,
          reason: this.#withFailures(reason),
        }),
      ),
    );
    for (const result of begun) {
      if (result.status === 'fulfilled') this.#outgoing.push(result.value);
    }
    for (const [index, result] of begun.entries()) {
      const choice = choices[index];
      if (result.status === 'rejected' && choice !== undefined) {
        this.#fail(choice.storeId, result.reason);
      }
    }
  }

  /** The reason of a store that stands in for others says so. */
  #withFailures(reason: string): string {
    if (this.#failures.length === 0) return reason;
    const failed = this.#failures.map(({ city, error }) => `${city} (${error.code})`);
    return `${reason}; in place of ${[...new Set(failed)].join(', ')}`;
  }

  /** Remembers why. A name that is taken by other bytes, or a mistake in here, is no store's fault. */
  #fail(storeId: StoreId, cause: unknown): void {
    const row = this.#context.network.stores.find((store) => store.identity.storeId === storeId);
    const city = row?.identity.place.city ?? storeId;
    const error = asKuraError(cause, `the store in ${city} failed`);
    if (cause instanceof AssertionError || error.code === 'already_exists') {
      this.abort();
      this.#fault ??= cause;
      throw cause;
    }
    this.#failures.push({ storeId, city, error });
    if (isRogue(error)) this.#context.noteRogue(storeId);
    else this.#context.demoted.add(storeId);
  }

  /** `sealed` may be reused when this resolves; the stores may still be writing. */
  async write(sealed: Uint8Array): Promise<void> {
    const { leafBytes } = this.#context.shape;
    this.#check();
    assert(sealed.length % leafBytes === 0, 'a pack is written in whole leaves');
    const newLeaves = sealed.length / leafBytes;
    assert(this.#leafCount + newLeaves <= this.#expectedLeaves, 'a pack is longer than announced');
    const stepBytes = Math.floor(STAGING_BYTES / leafBytes) * leafBytes;
    for (let at = 0; at < sealed.length; at += stepBytes) {
      const part = sealed.subarray(at, at + stepBytes);
      await this.#writeToAll(part);
      this.#leafCount += part.length / leafBytes;
    }
  }

  #check(): void {
    if (this.#fault !== undefined) throw this.#fault;
    assert(this.#isOpen, 'this pack has been finished or given up');
  }

  async #writeToAll(part: Uint8Array): Promise<void> {
    for (const copy of [...this.#outgoing]) {
      const staging = await this.#context.staging.take();
      const sent = this.#send(copy, part, staging).finally(() => {
        this.#context.staging.give(staging);
        this.#underWay.delete(sent);
      });
      this.#underWay.add(sent);
    }
    this.#check();
    if (this.#outgoing.length === 0) this.#refuseTooFew(0);
  }

  /** Encrypts at once, and writes behind. Never rejects: what fails is dropped, and made up for later. */
  async #send(copy: OutgoingCopy, part: Uint8Array, staging: Uint8Array): Promise<void> {
    if (!this.#outgoing.includes(copy)) return; // it failed while others were served
    try {
      const outer = staging.subarray(0, part.length);
      copy.encrypt(this.#leafCount, part, outer);
      await copy.write(outer);
    } catch (error) {
      this.#drop(copy, error);
    }
  }

  #drop(copy: OutgoingCopy, cause: unknown): void {
    if (!this.#outgoing.includes(copy)) return; // noticed before, or the whole pack was given up
    copy.abort();
    this.#outgoing = this.#outgoing.filter((other) => other !== copy);
    try {
      this.#fail(copy.storeId, cause);
    } catch {
      // Kept as the fault of the whole pack; the next call throws it.
    }
  }

  async finish(): Promise<PackRecord> {
    const { packLeaves } = this.#context.shape;
    this.#check();
    await Promise.all(this.#underWay);
    this.#check();
    assert(packLeaves.includes(this.#leafCount), `no pack has ${this.#leafCount} leaves`);
    this.#isOpen = false;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    const finished = await Promise.allSettled(outgoing.map((copy) => copy.finish(this.#leafCount)));
    const copies: StoredCopy[] = [];
    for (const [index, result] of finished.entries()) {
      if (result.status === 'fulfilled') copies.push(result.value);
      else this.#failOutgoing(outgoing[index], result.reason);
    }
    await this.#makeUp(copies);
    const acknowledged = copies.map((copy) => copy.acknowledgement);
    assertSpread(acknowledged, this.#context.network.stores, this.#context.network.copies);
    const failures = this.#failures.map(({ storeId, error }) => ({ storeId, why: error.message }));
    return { packId: this.#packId, leafCount: this.#leafCount, copies, failures };
  }

  #failOutgoing(copy: OutgoingCopy | undefined, error: unknown): void {
    if (copy === undefined) return;
    copy.abort();
    this.#fail(copy.storeId, error);
  }

  /** Sends again what was not acknowledged: to the same store once, then to others (mission A18). */
  async #makeUp(copies: StoredCopy[]): Promise<void> {
    const wanted = this.#context.network.copies;
    const mayPass = this.#failures.filter((failure) => MAY_PASS.has(failure.error.code));
    for (const { storeId, error } of mayPass) {
      if (copies.length === 0 || copies.length >= wanted) break;
      const reason = `sent again after ${error.code}`;
      await this.#sendAgain(copies, { storeId, reason });
    }
    while (copies.length < wanted) {
      if (copies.length === 0) this.#refuseTooFew(0);
      const held = copies.map((copy) => copy.acknowledgement.storeId);
      const choices = this.#choose(wanted - copies.length, held);
      await this.#context.answerForRogues();
      for (const { storeId, reason } of choices) {
        await this.#sendAgain(copies, { storeId, reason: this.#withFailures(reason) });
      }
    }
  }

  /** Adds to `copies` what the store acknowledges; a fault is remembered. */
  async #sendAgain(copies: StoredCopy[], { storeId, reason }: PlacementChoice): Promise<void> {
    const rows = copies.map(({ acknowledgement, reason }) => ({
      storeId: acknowledgement.storeId,
      copyId: acknowledgement.copyId,
      root: acknowledgement.root,
      state: 'held' as const,
      reason,
    }));
    const pack = { packId: this.#packId, leafCount: this.#leafCount, copies: rows };
    try {
      copies.push(await replicate(this.#context, { pack, to: storeId, reason }));
    } catch (error) {
      if (isSourceFault(error)) this.#refuseTooFew(copies.length, error);
      this.#fail(storeId, error);
    }
  }

  abort(): void {
    this.#isOpen = false;
    for (const copy of this.#outgoing) copy.abort();
    this.#outgoing = [];
  }

  /** `too_few_stores`, or `no_space` if more room alone would have been enough. */
  #refuseTooFew(stored: number, cause?: unknown): never {
    this.abort();
    const wanted = this.#context.network.copies;
    const failed = this.#failures.map(({ city, error }) => `${city}: ${error.message}`);
    const planned = cause instanceof KuraError ? [cause.message] : [];
    if (cause !== undefined && planned.length === 0) throw cause;
    const details = [...failed, ...planned].join('; ');
    const isSpace =
      cause instanceof KuraError
        ? cause.code === 'no_space'
        : this.#fullStores().length >= wanted - stored;
    const short = `a pack has ${stored} of ${wanted} copies: ${details}`;
    const message = isSpace ? `no space is left at the stores; ${short}` : short;
    const guidance = cause instanceof KuraError ? cause.guidance : undefined;
    const remedy = isSpace ? 'Make room at the stores named' : 'Bring back the stores named';
    throw new KuraError(isSpace ? 'no_space' : 'too_few_stores', message, {
      guidance: guidance ?? `${remedy}, or add others, and run it again.`,
      context: { packId: this.#packId, wanted, stored, failed: failed.join('; ') },
      cause,
    });
  }
}

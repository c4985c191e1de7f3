// Owners in the shelf's own record: the few members of an embedded network, or those who were adopted.
// Every admission writes the record anew.
import { asKuraError, KuraError, type MemberId } from '@kura/base';
import { encodeRecord, MAX_OWNERS } from '../identity.ts';
import { readShelf } from '../presence.ts';
import { replaceDurably } from '../shelf/durable-write.ts';
import type { OpenShelf } from '../shelf/open-shelf.ts';
import { isAdmitted, type Owners } from './owners.ts';

export class RecordOwners implements Owners {
  readonly #context: OpenShelf;

  constructor(context: OpenShelf) {
    this.#context = context;
  }

  keyOf(member: MemberId): Uint8Array | undefined {
    return this.#context.record.owners.get(member);
  }

  entries(): Iterable<readonly [MemberId, Uint8Array]> {
    return this.#context.record.owners.entries();
  }

  async admit(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    const context = this.#context;
    context.checkPresent();
    context.record = readShelf(context.disk, context.paths.folder);
    const { owners } = context.record;
    const isKnown = isAdmitted(this, member, ownerKey);
    if (!isKnown && owners.size >= MAX_OWNERS) {
      throw new KuraError('too_large', `a store admits at most ${MAX_OWNERS} members`);
    }
    const admitted = { ...context.record, owners: new Map(owners).set(member, ownerKey) };
    try {
      const bytes = encodeRecord(admitted);
      await replaceDurably(context.place, { path: context.paths.record, bytes });
    } catch (error) {
      throw asKuraError(error, 'the store could not admit a member');
    }
    context.record = admitted;
  }
}

// Who may keep copies at a store, and with which key each of them orders removal. What a store knows of a
// member is this name and this key; in a service the name is a pseudonym.
import { equalBytes, KuraError, type MemberId } from '@kura/base';

export interface Owners {
  /** Ed25519, raw, 32 bytes; undefined for a member who was not admitted. */
  keyOf(member: MemberId): Uint8Array | undefined;
  /** For orders about copies that no longer say whose they are. May stop where asking is not worth it. */
  entries(): Iterable<readonly [MemberId, Uint8Array]>;
  /** The member may store here from now on. `refused` if another key is known: keys are never exchanged. */
  admit(member: MemberId, ownerKey: Uint8Array): Promise<void>;
}

/** True if the member is admitted already; throws `refused` if with another key. */
export function isAdmitted(owners: Owners, member: MemberId, ownerKey: Uint8Array): boolean {
  const known = owners.keyOf(member);
  if (known === undefined) return false;
  if (equalBytes(known, ownerKey)) return true;
  throw new KuraError('refused', `member ${member} is admitted with another key`);
}

/** Owners that end with the process. */
export class MemoryOwners implements Owners {
  readonly #keys: Map<MemberId, Uint8Array>;

  constructor(keys: ReadonlyMap<MemberId, Uint8Array>) {
    this.#keys = new Map(keys);
  }

  keyOf(member: MemberId): Uint8Array | undefined {
    return this.#keys.get(member);
  }

  entries(): Iterable<readonly [MemberId, Uint8Array]> {
    return this.#keys.entries();
  }

  async admit(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    if (!isAdmitted(this, member, ownerKey)) this.#keys.set(member, ownerKey);
  }
}

// Whether a caller may read: a ticket for this copy, or a grant for its owner's pseudonym, each bound to the TLS key
// with which the caller came. A certificate alone opens nothing, and neither does a ticket alone.
import { type CopyId, KuraError, type MemberId, type StoreId } from '@kura/base';
import {
  type Grant,
  openGrant,
  openTicket,
  type RevocationList,
  readGrantWord,
  readTicketWord,
} from '@kura/contract';
import type { Caller } from '@kura/wire/server/caller.ts';

/** Whom a reader believes; looked at anew for every request. */
export interface ReaderTrust {
  readonly ticketKeys: readonly Uint8Array[];
  readonly coordinatorKeys: readonly Uint8Array[];
  readonly revocations: RevocationList;
}

export interface ReadingCall {
  readonly caller: Caller;
  /** "Kura kt1.…" or "Kura kg1.…". */
  readonly authorization: string | undefined;
}

export interface RightsOptions {
  readonly storeId: StoreId;
  readonly trust: () => ReaderTrust;
  readonly nowMs: () => number;
  readonly memberOf: (copyId: CopyId) => Promise<MemberId>;
}

const SCHEME = 'Kura ';

function refuse(reason: string, why: string): never {
  throw new KuraError('refused', `nothing is read here: ${why}`, { context: { reason } });
}

export class Rights {
  readonly #options: RightsOptions;

  constructor(options: RightsOptions) {
    this.#options = options;
  }

  /**
   * Throws `refused` with `context.reason` unless the caller may read this copy. Under a grant a copy that is not
   * there and one of another member are both `missing`: nobody learns what others keep.
   */
  async judgeCopy(call: ReadingCall, copyId: CopyId): Promise<void> {
    const keyHash = keyOf(call);
    const word = wordOf(call);
    const ticket = readTicketWord(word);
    if (ticket !== undefined) {
      const { storeId, trust, nowMs } = this.#options;
      const { ticketKeys } = trust();
      openTicket(ticket, { ticketKeys, storeId, copyId, keyHash, nowMs: nowMs() });
      return;
    }
    const { pseudonym } = this.judgeGrant(call);
    if ((await this.#options.memberOf(copyId)) === pseudonym) return;
    throw new KuraError('missing', `copy ${copyId} is not at this store`);
  }

  judgeGrant(call: ReadingCall): Grant {
    const keyHash = keyOf(call);
    const grant = readGrantWord(wordOf(call));
    if (grant === undefined) return refuse('malformed', 'what was shown is no grant');
    const { storeId, trust } = this.#options;
    const { coordinatorKeys, revocations } = trust();
    return openGrant(grant, { coordinatorKeys, storeId, keyHash, revocations });
  }
}

function keyOf({ caller }: ReadingCall): Uint8Array {
  if (caller.kind === 'nobody') return refuse('none', 'the connection shows no key');
  return caller.keyHash;
}

function wordOf({ authorization }: ReadingCall): string {
  if (authorization === undefined) return refuse('none', 'neither ticket nor grant was shown');
  if (!authorization.startsWith(SCHEME)) return refuse('malformed', 'this is no ticket or grant');
  return authorization.slice(SCHEME.length);
}

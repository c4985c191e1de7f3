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
import { wordIn } from '@kura/contract/wire/authorization.ts';
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

/** What was shown holds for the copy: under a ticket for that one, under a grant if it is this member's. */
export interface Right {
  readonly ownedBy: MemberId | undefined;
}

function refuse(reason: string, why: string): never {
  throw new KuraError('refused', `nothing is read here: ${why}`, { context: { reason } });
}

export class Rights {
  readonly #options: RightsOptions;

  constructor(options: RightsOptions) {
    this.#options = options;
  }

  /** Throws `refused` with `context.reason` unless what the caller shows may open this copy. Reads no shelf. */
  judge(call: ReadingCall, copyId: CopyId): Right {
    const keyHash = keyOf(call);
    const ticket = readTicketWord(wordIn(call.authorization));
    if (ticket === undefined) return { ownedBy: this.judgeGrant(call).pseudonym };
    const { storeId, trust, nowMs } = this.#options;
    const { ticketKeys } = trust();
    openTicket(ticket, { ticketKeys, storeId, copyId, keyHash, nowMs: nowMs() });
    return { ownedBy: undefined };
  }

  /** Under a grant, another member's copy is `missing` as if it were not there: nobody learns what others keep. */
  async checkOwner({ ownedBy }: Right, copyId: CopyId): Promise<void> {
    if (ownedBy === undefined || (await this.#options.memberOf(copyId)) === ownedBy) return;
    throw new KuraError('missing', `copy ${copyId} is not at this store`);
  }

  judgeGrant(call: ReadingCall): Grant {
    const keyHash = keyOf(call);
    const grant = readGrantWord(wordIn(call.authorization));
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

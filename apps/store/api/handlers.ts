// What a store answers to gateways: the endpoint table on one side, the verbs of a shelf on the other. The same for
// every kind of shelf, behind the inward listener and behind connections that the store dialled. Who asks has been
// judged at the edge; what is asked is judged here and by the shelf.
import { type AlarmClock, KuraError, type MemberId, type NetworkShape, Slots } from '@kura/base';
import {
  decodeWarrant,
  hashWarrant,
  type RemovalConfirmation,
  type StoreKeeperPort,
} from '@kura/contract';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { PagePool } from '@kura/native';
import { readWhole } from '@kura/wire/body.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import { fullReadBody, leafAnswerBody } from './audits.ts';
import { leafStream } from './leaf-stream.ts';
import { receiveBody } from './receive-body.ts';

/** What a store does besides keeping copies; each is durable when it resolves. */
export interface StoreDuties {
  /** 64 bytes: that this store, in this age of its inventory, is here (`identity-proof.ts`). */
  prove(challenge: Uint8Array): Uint8Array;
  /** Signed: what the warrant of this hash named is not here any more (`removal-confirmation.ts`). */
  confirmRemoval(about: Pick<RemovalConfirmation, 'warrantHash' | 'copies'>): Uint8Array;
  /** Files an admission; `refused` if the member has another key already. */
  admit(pseudonym: MemberId, admission: Uint8Array): Promise<void>;
  /** Takes a newer revocation list; an older one is `refused`. */
  takeRevocations(signed: Uint8Array): Promise<void>;
  /** Throws `busy` while the store is on hold and obeys no warrant. */
  demandNoHold(): void;
}

export interface StoreService {
  readonly keeper: StoreKeeperPort;
  readonly shape: NetworkShape;
  readonly duties: StoreDuties;
  /** Receiving stops when less would be left: a full disk heals nothing. */
  readonly reserveBytes: number;
  readonly clock: AlarmClock;
}

const RECEIVES_AT_ONCE = 16;
const READS_AT_ONCE = 32;
/** Each holds up to 16 MiB, and reads at its own pace beside whoever restores. */
const AUDITS_AT_ONCE = 2;
/** As long as a gateway's own deadline allows; then it takes another store. */
const WAIT_MS = 10_000;
const MAX_WAITING = 256;

export function storeHandlers(service: StoreService): Handlers<typeof STORE_ENDPOINTS> {
  const { keeper, shape, duties, clock } = service;
  const slots = (noun: string, atOnce: number): Slots =>
    new Slots({ noun, atOnce, waitMs: WAIT_MS, waiting: MAX_WAITING, clock });
  const pool = new PagePool();
  const receives = slots('copies on their way in', RECEIVES_AT_ONCE);
  const reads = slots('reads', READS_AT_ONCE);
  const audits = slots('audits', AUDITS_AT_ONCE);
  const removals = slots('removals', 1);
  return {
    ...noticeHandlers(keeper, removals),
    identify: async ({ query }) => ({
      identity: keeper.identity,
      freeBytes: Math.max(0, keeper.freeBytes() - service.reserveBytes),
      proof: duties.prove(query.challenge),
    }),

    receiveCopy: ({ params, query, body, signal }) =>
      receives.run(async () => {
        checkRoomFor(service, body.sizeBytes);
        const { copy: copyId } = params;
        return receiveBody({ store: keeper, shape, copyId, member: query.member, body, pool });
      }, signal),

    fetchTable: ({ params, signal }) =>
      reads.run(async () => ({ bytes: encodeCopyTable(await keeper.stat(params.copy)) }), signal),

    fetchLeaves: async ({ params, query, signal }) => {
      const slot = { giveBack: await reads.take(signal), isWanted: () => reads.isWanted };
      const range = { firstLeaf: query.first, leafCount: query.count };
      const { copy: copyId } = params;
      return leafStream({ store: keeper, shape, copyId, signal, slot, pool, clock, ...range });
    },

    acknowledgeAgain: ({ params, signal }) =>
      receives.run(() => keeper.acknowledge(params.copy), signal),

    answerLeaves: ({ body, signal }) =>
      audits.run(async () => leafAnswerBody(keeper, shape, await readWhole(body)), signal),

    answerFullRead: ({ body, signal }) =>
      audits.run(async () => fullReadBody(keeper, await readWhole(body)), signal),

    examineCopy: ({ params, signal }) =>
      audits.run(async () => ({ bytes: (await keeper.examine(params.copy)).signed }), signal),

    admitMember: async ({ params, body }) => {
      await duties.admit(params.pseudonym, body.admission);
    },

    takeRevocations: async ({ body }) => {
      await duties.takeRevocations(await readWhole(body));
    },

    removeCopies: async ({ body, signal }) => {
      const encoded = await readWhole(body);
      const warrant = decodeWarrant(encoded);
      return removals.run(async () => {
        duties.demandNoHold();
        const copyIds = await keeper.remove(warrant);
        const about = { warrantHash: hashWarrant(encoded), copies: copyIds.length };
        return { copyIds: [...copyIds], confirmation: duties.confirmRemoval(about) };
      }, signal);
    },
  };
}

/** One at a time with removals: what an owner took back is on file before the next warrant is judged. */
function noticeHandlers(
  keeper: StoreKeeperPort,
  removals: Slots,
): Pick<Handlers<typeof STORE_ENDPOINTS>, 'hearNotice' | 'takeWithdrawal'> {
  return {
    hearNotice: ({ body, signal }) => removals.run(() => keeper.hearNotice(body.notice), signal),

    takeWithdrawal: async ({ params, body, signal }) => {
      const { pseudonym } = params;
      await removals.run(() => keeper.takeWithdrawal(pseudonym, body.withdrawal), signal);
    },
  };
}

function checkRoomFor({ keeper, reserveBytes }: StoreService, sizeBytes: number): void {
  if (keeper.freeBytes() - sizeBytes >= reserveBytes) return;
  throw new KuraError('no_space', `store ${keeper.identity.storeId} takes no more copies`, {
    guidance: 'Give it more space, or let copies move to another store.',
    context: { store: keeper.identity.storeId },
  });
}

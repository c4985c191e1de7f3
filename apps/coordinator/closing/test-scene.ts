// For tests only: a member whose membership has ended, with packs at two stores that know them, and an owner who has
// consented. What stores answer is said by the test.
import { DAY_MS, deviceId, type MemberId, must, type PackId, type StoreId } from '@kura/base';
import {
  encodeWarrant,
  hashWarrant,
  signClosingConsent,
  signClosingWithdrawal,
  signRemovalConfirmation,
  type Warrant,
} from '@kura/contract';
import { transact } from '@kura/database';
import { ed25519PublicKey } from '@kura/log';
import type { MemberRows, Rows } from '../db/tables.ts';
import { foundTestNetwork, START_MS, type TestNetwork } from '../fixtures.ts';
import { ClosingErrands } from '../gateway/closing-errands.ts';
import { StoreErrands } from '../gateway/store-errands.ts';
import { Leases } from '../leases/leases.ts';
import { giveNotice } from './closings.ts';
import { keepConsent } from './consents.ts';
import { keepClosings } from './step.ts';
import { viewClosings } from './views.ts';

export const OWNER_SEED = new Uint8Array(32).fill(4);
export const COORDINATOR_SEED = new Uint8Array(32).fill(9);
export const DELAY_MS = 14 * DAY_MS;
export const NOTICE_MS = 30 * DAY_MS;

export class ClosingScene {
  readonly network: TestNetwork;
  /** For how long the stores say that they have known the notice; undefined: since the coordinator gave it. */
  heldMs: number | undefined;
  /** Members whose withdrawal a store was told. */
  readonly withdrawn: StoreId[] = [];
  readonly obeyed: Warrant[] = [];

  private constructor(network: TestNetwork) {
    this.network = network;
  }

  static async found(): Promise<ClosingScene> {
    const network = await foundTestNetwork();
    const scene = new ClosingScene(network);
    const { memberId } = scene;
    const rows = network.database.kysely;
    await rows
      .updateTable('members')
      .set({ owner_key: ed25519PublicKey(OWNER_SEED), state: 'closed', state_since_ms: START_MS })
      .execute();
    await rows
      .insertInto('devices')
      .values({
        ...{
          member_id: memberId,
          device_id: deviceId('dd'.repeat(16)),
          kind: 'device',
          name: 'laptop',
        },
        ...{ public_key: new Uint8Array(32), added_ms: 0, revoked_ms: null },
      })
      .execute();
    for (const { identity } of network.stores) {
      const known = { member_id: memberId, pseudonym: memberId, copy_key: null, admission: null };
      await rows
        .insertInto('store_members')
        .values({ store_id: identity.storeId, ...known })
        .execute();
    }
    return scene;
  }

  get memberId(): MemberId {
    return this.network.coordinator.memberId;
  }

  get nowMs(): number {
    return this.network.clock.nowMs();
  }

  act<Result>(work: (of: MemberRows) => Promise<Result>): Promise<Result> {
    const { memberId } = this;
    return transact(this.network.database, (rows: Rows) => work({ rows, memberId }));
  }

  async save(count: number): Promise<readonly PackId[]> {
    const { coordinator } = this.network;
    const session = await coordinator.beginSession('backup');
    const records = this.network.newPacks(count);
    await coordinator.recordPacks(session, records);
    const packs = records.map(({ packId }) => packId);
    await coordinator.commitSnapshot(session, this.network.head(packs), packs);
    await coordinator.endSession(session);
    return packs;
  }

  consent(days = 30, timeMs = this.nowMs): Uint8Array {
    return signClosingConsent({ memberId: this.memberId, days, timeMs }, OWNER_SEED);
  }

  withdrawal(timeMs = this.nowMs): Uint8Array {
    return signClosingWithdrawal({ memberId: this.memberId, timeMs }, OWNER_SEED);
  }

  /** Consented to and given. */
  async give(): Promise<void> {
    await this.act((of) => keepConsent(of, this.consent()));
    await this.act((of) => giveNotice(of, this.order()));
  }

  order(days?: number) {
    const { nowMs } = this;
    return { days, operator: 'ada', coordinatorSeed: COORDINATOR_SEED, nowMs };
  }

  async view() {
    return must((await viewClosings(this.network.database.kysely, { limit: 1 }))[0], 'a closing');
  }

  /** What the coordinator does by itself, and then a gateway. */
  async round(): Promise<void> {
    await this.watch();
    await this.carry();
  }

  /** The coordinator alone. */
  async watch(): Promise<void> {
    const { database } = this.network;
    const rules = { coordinatorSeed: COORDINATOR_SEED, removalDelayMs: DELAY_MS };
    await keepClosings(
      (work) => transact(database, work),
      () => ({ ...rules, nowMs: this.nowMs }),
    );
  }

  /** A gateway alone: stores are told, and obey. */
  async carry(): Promise<void> {
    const { database, random } = this.network;
    const leases = new Leases({ database, holder: 'gateway' });
    const nowMs = () => this.nowMs;
    const onFailure = (_: StoreId, error: unknown) => {
      throw error;
    };
    const { heldMs, withdrawn, obeyed } = this;
    const { givenMs } = await this.view();
    const seeds = new Map(
      this.network.stores.map(({ identity, seed }) => [identity.storeId, seed]),
    );
    const reachable = () => new Set(seeds.keys());
    const listener = (storeId: StoreId) => ({
      hearNotice: async () => ({ heldMs: heldMs ?? nowMs() - givenMs, neededMs: NOTICE_MS }),
      takeWithdrawal: async () => void withdrawn.push(storeId),
      obey: async (warrant: Warrant) => {
        obeyed.push(warrant);
        const copies = warrant.kind === 'closing' ? warrant.copyIds.length : 0;
        const warrantHash = hashWarrant(encodeWarrant(warrant));
        const about = { storeId, warrantHash, copies, timeMs: nowMs() };
        return signRemovalConfirmation(about, must(seeds.get(storeId), 'a store'));
      },
    });
    const stores = { reachable, remote: listener };
    const errands = { database, leases, nowMs, onFailure, stores };
    await new ClosingErrands(errands).round();
    await new StoreErrands({ ...errands, random }).bringWarrants();
  }
}

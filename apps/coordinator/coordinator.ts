// The coordinator of an embedded network: its only member, and the network that is theirs alone, in one.
import type { PackId, SessionId } from '@kura/base';
import type { CustodyReceipt, HomeDescription, SnapshotHead } from '@kura/contract';
import { type AcknowledgedPack, acknowledgedPacks } from './adoption/acknowledged-packs.ts';
import { type AdoptedPack, adoptCopies, adoptPacks } from './custody/adopt.ts';
import type { LogView } from './log/view.ts';
import { MemberCoordinator } from './member-coordinator.ts';
import { setHome } from './members/members.ts';
import { type Charter, Network, type NetworkParts } from './network.ts';
import { renewSession } from './sessions/sessions.ts';
import type { StoreChange, StoreRegistration } from './stores/stores.ts';

export class Coordinator extends MemberCoordinator {
  constructor(parts: NetworkParts) {
    super({ network: new Network(parts), memberId: parts.charter.memberId });
  }

  get charter(): Charter {
    return this.network.charter;
  }

  /** With its tables: in an embedded network the owner is the operator as well. */
  get entire(): Network {
    return this.network;
  }

  /** Needed for what is signed, that is for commits only. `refused` if it is another network's secret. */
  unlock(networkSecret: Uint8Array): void {
    this.network.unlock(networkSecret);
  }

  /** The tables are closed as well; sessions that still live end with the process. */
  close(): void {
    this.network.close();
  }

  checkTables(): void {
    this.network.checkTables();
  }

  log(): Promise<LogView> {
    return this.network.log();
  }

  registerStore(store: StoreRegistration): Promise<void> {
    return this.network.registerStore(store);
  }

  updateStore(store: StoreRegistration): Promise<void> {
    return this.network.updateStore(store);
  }

  storeChanges(): Promise<readonly StoreChange[]> {
    return this.network.storeChanges();
  }

  /** What it can show of its packs to a network that takes it over; by id. */
  acknowledgedPacks(page: {
    readonly after: PackId | undefined;
    readonly limit: number;
  }): Promise<readonly AcknowledgedPack[]> {
    return this.read((of) => acknowledgedPacks(of, page));
  }

  // ── After a total loss ──────────────────────────────────────────────────────────────────────────

  /** Packs as the stores have them, whatever is left of them. */
  adoptPacks(session: SessionId, packs: readonly AdoptedPack[]): Promise<void> {
    return this.transact(async (of) => {
      await renewSession(this.lease(of), session);
      await adoptPacks(of, packs, this.network.clock.nowMs());
    });
  }

  /** What the network was founded with, as its snapshots tell. */
  async adoptFounding(founding: {
    readonly copies: number;
    readonly home: HomeDescription;
  }): Promise<void> {
    const { copies, home } = founding;
    await this.transact(async (of) => {
      await adoptCopies(of.rows, copies);
      await setHome(of, home, this.network.clock.nowMs());
    });
    this.network.setCopies(copies);
  }

  /** As `commitSnapshot`, however few copies are left. */
  adoptSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt> {
    return this.commit(session, { head, uses }, 0);
  }
}

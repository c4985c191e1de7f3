// What an embedded network shows of itself when it is brought into a network of programs, and what that network takes
// (docs/design/adoption.md). Both are ports: the agent knows neither tables nor sockets.
import type { CopyId, PackId, SessionId, StoreId } from '@kura/base';
import type {
  CoordinatorPort,
  PackState,
  StoreAcknowledgement,
  StoreKeeperPort,
} from '@kura/contract';
import type { OwnContext } from '../context.ts';

export interface OldPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly state: PackState;
  /** Held ones. */
  readonly copies: readonly {
    readonly storeId: StoreId;
    readonly copyId: CopyId;
    readonly reason: string;
    /** Undefined of a copy that was found again after a total loss. */
    readonly acknowledgement: StoreAcknowledgement | undefined;
  }[];
}

export interface OldNetwork extends OwnContext {
  readonly stores: ReadonlyMap<StoreId, StoreKeeperPort>;
  /** By id, from the one after `after` on. */
  acknowledgedPacks(page: {
    readonly after: PackId | undefined;
    readonly limit: number;
  }): Promise<readonly OldPack[]>;
}

export interface BroughtCopy {
  readonly acknowledgement: StoreAcknowledgement;
  readonly reason: string;
}

export interface BroughtPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly BroughtCopy[];
}

/** The network that takes over. */
export interface TakingCoordinator
  extends Pick<CoordinatorPort, 'describe' | 'beginSession' | 'renewSession' | 'endSession'>,
    Pick<CoordinatorPort, 'commitSnapshot' | 'snapshots' | 'forgetSnapshots'> {
  adoptStore(storeId: StoreId, copyKey: Uint8Array): Promise<void>;
  adoptPacks(session: SessionId, packs: readonly BroughtPack[]): Promise<void>;
}

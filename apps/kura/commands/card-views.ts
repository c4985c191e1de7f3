// What commands show of a member's card, and of what stores and networks learn from it.
import type { MemberId, PackId, SnapshotId, StoreId } from '@kura/base';

export interface CardView {
  readonly folder: string;
  readonly cardId: string;
  readonly networkId: string;
  readonly memberId: MemberId;
  readonly account: string;
  readonly coordinators: readonly string[];
  /** "kura-network:…": for a further device. */
  readonly network: string;
  readonly stores: readonly {
    readonly storeId: string;
    readonly city: string;
    readonly readers: readonly string[];
    /** With a grant, and a reader to show it to. */
    readonly canBeReadAlone: boolean;
    /** The member's name there. */
    readonly pseudonym: MemberId;
  }[];
}

export interface VerifiedCardView {
  readonly folder: string;
  readonly receipts: number;
  /** Of custody. */
  readonly events: number;
  readonly sessions: number;
  readonly packs: number;
  readonly stores: readonly {
    readonly storeId: string;
    readonly city: string;
    /** Of this member. */
    readonly copies: number;
    /** Undefined: it is as it should be. */
    readonly why: string | undefined;
  }[];
}

export interface CardCopyView {
  readonly files: number;
  readonly bytes: number;
}

/** Which stores say that they hold a pack. */
export interface FoundPackView {
  readonly packId: PackId;
  /** asked: one after the other, where they are known to be · nearby: on the local network. */
  readonly how: 'asked' | 'nearby';
  readonly holders: readonly {
    readonly storeId: StoreId;
    readonly cityName: string;
    /** Folder, or address of a reader. */
    readonly where: string;
  }[];
  /** Could not be asked. */
  readonly silent: readonly {
    readonly storeId: StoreId;
    readonly cityName: string;
    readonly why: string;
  }[];
}

/** What a rebuilt network got from a card. */
export interface GivenBackView {
  readonly packs: number;
  readonly copies: number;
  /** Rows of packs that no store has any more. */
  readonly dropped: number;
  readonly snapshots: number;
  readonly events: number;
  /** Snapshots whose order to forget was signed anew. */
  readonly forgotten: number;
  /** Copies that could not be confirmed, by store. */
  readonly unconfirmed: readonly {
    readonly storeId: StoreId;
    readonly city: string;
    readonly copies: number;
    /** The first reason. */
    readonly why: string;
  }[];
  readonly refused: readonly { readonly snapshotId: SnapshotId; readonly why: string }[];
  /** False: the network goes on waiting. */
  readonly isEnded: boolean;
}

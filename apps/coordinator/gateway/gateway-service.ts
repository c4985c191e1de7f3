// The gateway of a service: takes sealed packs of many members in, whole and with the right digest, before a byte
// of them is encrypted; then it is the gateway that an embedded network has. It keeps no truth: what it did with
// a pack is a row, and whoever asks again gets the same answer from any gateway.
import {
  type AlarmClock,
  type DeviceId,
  KuraError,
  type MemberId,
  type PackId,
  type Random,
  type SessionId,
  type StoreId,
  toHex,
} from '@kura/base';
import type { PackRecord } from '@kura/contract';
import { transact } from '@kura/database';
import type { Native } from '@kura/native';
import type { MemberRows, Rows } from '../db/tables.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import { placeOfSender } from '../members/device-places.ts';
import type { Network } from '../network.ts';
import { type Answer, answerChallenge } from '../uploads/challenge.ts';
import {
  type Claim,
  claimUpload,
  describeUpload,
  noteStored,
  RENEW_CLAIM_MS,
  releaseClaim,
  renewClaim,
  type UploadView,
} from '../uploads/claim.ts';
import { recordText } from '../uploads/record-text.ts';
import { type AskedChallenge, CallBack } from './call-back.ts';
import type { StoreWays } from './context.ts';
import type { CopyKeys } from './copy-keys.ts';
import { EarlyUploads, type SizedPack } from './early-uploads.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { type ArrivingBody, readBody } from './read-body.ts';
import { type Grant, PIECE_BYTES, type ReceiveBuffer } from './receive-buffer.ts';
import { demotedStores, noteFailure } from './scores.ts';
import type { Spool } from './spool.ts';
import { StagingPool } from './staging.ts';
import { underLease } from './under-lease.ts';

export interface GatewayServiceParts {
  readonly network: Network;
  readonly gatewayId: string;
  readonly stores: StoreWays;
  readonly keys: CopyKeys;
  readonly native: Native;
  readonly buffer: ReceiveBuffer;
  readonly spool: Spool;
  /** Told why a pack of the spool has no copies yet, for a log. */
  readonly onFailure: (error: unknown) => void;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** A pack that a device sends. */
export interface ArrivingPack extends ArrivingBody {
  readonly memberId: MemberId;
  readonly deviceId: DeviceId;
  readonly packId: PackId;
  readonly sessionId: SessionId;
  /** The device does not wait for the copies. */
  readonly hangsUp: boolean;
  /** SHA-256, as the sender promised it. */
  readonly digest: Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * received: durable here, and its copies follow · challenged: the device has to prove itself before its copies are made
 * · stored: all copies are acknowledged.
 */
export type Received =
  | { readonly state: 'challenged'; readonly challenge: AskedChallenge }
  | { readonly state: 'received' }
  | { readonly state: 'stored'; readonly record: PackRecord };

interface Storing {
  readonly staging: StagingPool;
  readonly ask?: (rogue: StoreId) => Promise<void>;
}

const HOLDER_BYTES = 16;
const NEVER = new AbortController().signal;
/** Of one pack's copies: each costs 4 MiB of staging and its ciphers. */
const MAX_UPLOADS_AT_ONCE = 10;

export class GatewayService {
  readonly #parts: GatewayServiceParts;
  readonly #idleStaging: StagingPool[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #early: EarlyUploads;
  #uploads = 0;

  constructor(parts: GatewayServiceParts) {
    this.#parts = parts;
    const { network, spool, gatewayId, onFailure, clock, random } = parts;
    this.#early = new EarlyUploads({
      ...{ spool, gatewayId, onFailure, clock, random },
      database: network.database,
      store: (pack, read) => this.#storeSpooled(pack, read),
    });
  }

  /** Goes on with what devices have left here before they hung up. */
  start(): Promise<void> {
    return this.#early.resume();
  }

  stop(): void {
    this.#early.stop();
  }

  /**
   * Resolves when all copies are acknowledged and the row says so; for a device that hangs up, when it is
   * durable here.
   */
  async receive(pack: ArrivingPack): Promise<Received> {
    const { shape } = this.#parts.network.charter;
    const leafCount = pack.sizeBytes / shape.leafBytes;
    if (!shape.packLeaves.includes(leafCount)) {
      throw new KuraError('refused', `no pack of this network has ${pack.sizeBytes} bytes`);
    }
    const claim = this.#claimOf(pack, leafCount);
    const claimed = await this.#transact(pack.memberId, (of) =>
      claimUpload(of, { ...claim, nowMs: this.#parts.clock.nowMs() }),
    );
    if (claimed.kind === 'stored') return { state: 'stored', record: claimed.record };
    if (claimed.kind === 'received' && pack.hangsUp) return { state: 'received' };
    if (claimed.kind === 'challenged') {
      return { state: 'challenged', challenge: claimed.challenge };
    }
    if (claimed.kind !== 'claimed') {
      throw new KuraError('busy', 'this pack is on its way already', {
        guidance: 'Ask how it ended, or send it again later.',
        context: { retryMs: claimed.retryMs },
      });
    }
    return this.#unlessCalledBack(pack, claim);
  }

  /** The pack goes on here after the device was asked; how it ended is told when it asks again. */
  async #unlessCalledBack(pack: ArrivingPack, claim: Omit<Claim, 'nowMs'>): Promise<Received> {
    const { network, clock, random, onFailure } = this.#parts;
    const { database } = network;
    const callBack = new CallBack({ database, clock, random }, pack.memberId, claim);
    const work = this.#underLease(pack.memberId, claim, () => this.#takeIn(pack, claim, callBack));
    const first = await Promise.race([work, callBack.asked]);
    if ('state' in first) return first;
    work.catch(onFailure);
    return { state: 'challenged', challenge: first };
  }

  /** What the device signed; its pack goes on, at whichever gateway it is. */
  prove(memberId: MemberId, answer: Answer): Promise<void> {
    return this.#transact(memberId, (of) => answerChallenge(of, answer));
  }

  describe(memberId: MemberId, packId: PackId): Promise<UploadView> {
    return this.#parts.network.database.read((rows) => describeUpload({ rows, memberId }, packId));
  }

  #claimOf(pack: ArrivingPack, leafCount: number): Omit<Claim, 'nowMs'> {
    const { packId, deviceId, sessionId, digest } = pack;
    const { gatewayId, network, random } = this.#parts;
    const { leafBytes, packLeaves } = network.charter.shape;
    const holder = toHex(random.bytes(HOLDER_BYTES));
    const room = { leafCount, leafBytes, largestLeaves: packLeaves[2] };
    return { packId, deviceId, sessionId, digest, ...room, gatewayId, holder };
  }

  /** Renews the claim while `work` goes on, and gives it back if it fails. */
  #underLease<T>(
    memberId: MemberId,
    held: Omit<Claim, 'nowMs'>,
    work: () => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#parts;
    const lease = {
      ...{ everyMs: RENEW_CLAIM_MS, clock },
      renew: () => this.#transact(memberId, (of) => renewClaim(of, held, clock.nowMs())),
      giveBack: () => this.#transact(memberId, (of) => releaseClaim(of, held)),
    };
    return underLease(lease, work);
  }

  async #takeIn(
    pack: ArrivingPack,
    claim: Omit<Claim, 'nowMs'>,
    callBack: CallBack,
  ): Promise<Received> {
    const { buffer, clock } = this.#parts;
    const grant = await buffer.take(pack.memberId, pack.sizeBytes, pack.signal);
    try {
      const pieces = piecesOf(grant, pack.sizeBytes);
      await readBody(pack, { pieces, isWanted: () => buffer.isWanted, clock });
      if (pack.hangsUp && this.#early.hasRoomFor(pack.sizeBytes)) {
        await this.#early.take(pack, claim, piecesOf(grant, pack.sizeBytes));
        return { state: 'received' };
      }
      const ask = (rogue: StoreId) => callBack.ask(rogue);
      const record = await this.#inTurn((staging) => this.#store(pack, grant, { staging, ask }));
      const text = recordText(record);
      await this.#transact(pack.memberId, (of) => noteStored(of, claim, text));
      return { state: 'stored', record };
    } finally {
      grant.giveBack();
    }
  }

  async #storeSpooled(
    pack: SizedPack,
    read: (pieces: Iterable<Uint8Array>) => void,
  ): Promise<string> {
    const { memberId, sizeBytes } = pack;
    const grant = await this.#parts.buffer.take(memberId, sizeBytes, NEVER);
    try {
      read(piecesOf(grant, sizeBytes));
      // Its device proved itself when it handed the pack over, and nobody is there to be called back.
      return recordText(await this.#inTurn((staging) => this.#store(pack, grant, { staging })));
    } finally {
      grant.giveBack();
    }
  }

  async #store(pack: SizedPack, grant: Grant, { staging, ask }: Storing): Promise<PackRecord> {
    const { network, stores, keys, native, clock } = this.#parts;
    const { memberId, packId, sizeBytes } = pack;
    const description = await new MemberCoordinator({ network, memberId }).describe();
    const { kysely: rows } = network.database;
    const demoted = await demotedStores(rows, clock.nowMs());
    const device = await placeOfSender({ rows, memberId }, packId);
    const gateway = createGateway({
      ...{ network: { ...description, device }, stores, keys, native, demoted, staging },
      hashing: 'gateway',
      ...(ask && { callBack: ask }),
    });
    try {
      const upload = await gateway.open(packId, sizeBytes / network.charter.shape.leafBytes);
      try {
        for (const piece of piecesOf(grant, sizeBytes)) await upload.write(piece);
        return await upload.finish();
      } catch (error) {
        upload.abort();
        throw error;
      }
    } finally {
      await this.#noteFailures(gateway, demoted);
    }
  }

  async #noteFailures(gateway: Gateway, before: ReadonlySet<StoreId>): Promise<void> {
    const { network, clock } = this.#parts;
    for (const storeId of gateway.demoted) {
      if (before.has(storeId)) continue;
      await transact(network.database, (rows: Rows) => noteFailure(rows, storeId, clock.nowMs()));
    }
  }

  /** A bounded number at once, each with staging memory of its own: a slow store holds up its own packs only. */
  async #inTurn<T>(work: (staging: StagingPool) => Promise<T>): Promise<T> {
    if (this.#uploads >= MAX_UPLOADS_AT_ONCE) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    } else {
      this.#uploads++;
    }
    const staging = this.#idleStaging.pop() ?? new StagingPool(this.#parts.native);
    try {
      return await work(staging);
    } finally {
      this.#idleStaging.push(staging);
      const next = this.#waiting.shift();
      if (next === undefined) this.#uploads--;
      else next();
    }
  }

  #transact<T>(memberId: MemberId, work: (of: MemberRows) => Promise<T>): Promise<T> {
    return transact(this.#parts.network.database, (rows) => work({ rows, memberId }));
  }
}

function* piecesOf({ pieces }: Grant, sizeBytes: number): Generator<Uint8Array> {
  for (const [index, piece] of pieces.entries()) {
    yield piece.subarray(0, Math.min(PIECE_BYTES, sizeBytes - index * PIECE_BYTES));
  }
}

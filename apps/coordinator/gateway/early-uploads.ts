// Packs whose devices have hung up: in the spool, under this gateway's claims as long as it lives, and on their way
// to stores. A gateway that is started again goes on with what is in its spool; of one that never comes back the
// claims end, and whoever waits for the packs is told (uploads/early-commits.ts).
import { createHash } from 'node:crypto';
import { type AlarmClock, type Random, toHex } from '@kura/base';
import { transact } from '@kura/database';
import type { CoordinatorDatabase, MemberRows } from '../db/tables.ts';
import {
  noteReceived,
  noteStored,
  RENEW_CLAIM_MS,
  renewClaim,
  resumeReceived,
} from '../uploads/claim.ts';
import type { Holding } from '../uploads/holding.ts';
import { Deliveries } from './deliveries.ts';
import type { Spool, SpooledPack } from './spool.ts';

export interface EarlyUploadsParts {
  readonly spool: Spool;
  readonly database: CoordinatorDatabase;
  readonly gatewayId: string;
  /** Makes the copies of a pack that `read` brings into memory; resolves to its record as text. */
  readonly store: (
    pack: SizedPack,
    read: (pieces: Iterable<Uint8Array>) => void,
  ) => Promise<string>;
  readonly onFailure: (error: unknown) => void;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface SizedPack extends SpooledPack {
  readonly sizeBytes: number;
}

const HOLDER_BYTES = 16;

export class EarlyUploads {
  readonly #parts: EarlyUploadsParts;
  readonly #deliveries: Deliveries;
  readonly #held = new Map<string, { readonly pack: SpooledPack; readonly held: Holding }>();
  /** While something is held, the next time that claims are renewed is set. */
  #disarm: (() => void) | undefined;
  #isStopped = false;

  constructor(parts: EarlyUploadsParts) {
    this.#parts = parts;
    const { spool, clock, onFailure } = parts;
    this.#deliveries = new Deliveries({
      ...{ spool, clock },
      deliver: (pack) => this.#deliver(pack),
      onFailure: (_, error) => onFailure(error),
    });
  }

  hasRoomFor(sizeBytes: number): boolean {
    return this.#parts.spool.hasRoomFor(sizeBytes);
  }

  /** Durable, and the row says so, when it resolves; the copies follow. */
  async take(pack: SpooledPack, held: Holding, pieces: Iterable<Uint8Array>): Promise<void> {
    const { spool, clock } = this.#parts;
    await spool.write(pack, pieces);
    try {
      await this.#transact(pack, (of) => noteReceived(of, held, clock.nowMs()));
    } catch (error) {
      spool.remove(pack);
      throw error;
    }
    this.#begin(pack, held);
  }

  /** What an earlier life of this gateway has left. */
  async resume(): Promise<void> {
    const { spool, gatewayId, clock, random } = this.#parts;
    for (const pack of spool.list()) {
      const digest = digestOf(spool, pack);
      const held = { packId: pack.packId, holder: toHex(random.bytes(HOLDER_BYTES)) };
      const claim = { ...held, gatewayId, digest, nowMs: clock.nowMs() };
      const isWanted = await this.#transact(pack, (of) => resumeReceived(of, claim));
      if (isWanted) this.#begin(pack, held);
      else spool.remove(pack);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#disarm?.();
    this.#deliveries.stop();
  }

  #begin(pack: SpooledPack, held: Holding): void {
    this.#held.set(nameOf(pack), { pack, held });
    if (this.#disarm === undefined) this.#renewLater();
    this.#deliveries.add(pack);
  }

  async #deliver(pack: SpooledPack): Promise<void> {
    const { spool, store } = this.#parts;
    const name = nameOf(pack);
    const claim = this.#held.get(name);
    if (claim === undefined) return;
    const sized = { ...pack, sizeBytes: spool.sizeOf(pack) };
    const record = await store(sized, (pieces) => spool.read(pack, pieces));
    await this.#transact(pack, (of) => noteStored(of, claim.held, record));
    this.#held.delete(name);
  }

  /** Also of those that wait for their next try: they are not lost. */
  #renewLater(): void {
    this.#disarm = undefined;
    if (this.#isStopped || this.#held.size === 0) return;
    this.#disarm = this.#parts.clock.after(RENEW_CLAIM_MS, () => {
      void this.#renewAll().finally(() => this.#renewLater());
    });
  }

  async #renewAll(): Promise<void> {
    const { spool, clock } = this.#parts;
    const kept = new Set(spool.list().map(nameOf));
    for (const [name, { pack, held }] of this.#held) {
      if (!kept.has(name)) this.#held.delete(name);
      // Lost or not: the row itself says so when its copies are made.
      else await this.#transact(pack, (of) => renewClaim(of, held, clock.nowMs())).catch(ignore);
    }
  }

  #transact<T>({ memberId }: SpooledPack, work: (of: MemberRows) => Promise<T>): Promise<T> {
    return transact(this.#parts.database, (rows) => work({ rows, memberId }));
  }
}

function nameOf({ memberId, packId }: SpooledPack): string {
  return `${memberId}-${packId}`;
}

function digestOf(spool: Spool, pack: SpooledPack): Uint8Array {
  const bytes = new Uint8Array(spool.sizeOf(pack));
  spool.read(pack, [bytes]);
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

const ignore = (): undefined => undefined;

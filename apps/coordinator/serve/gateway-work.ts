// The work of one gateway, whichever program does it: packs in, copies out, stores that dial in or are dialled,
// and the news of itself in the tables. A coordinator does it as well unless its operator says otherwise.
import {
  type AlarmClock,
  GIB,
  KuraError,
  MIB,
  MINUTE_MS,
  type Random,
  SECOND_MS,
  type StoreId,
} from '@kura/base';
import type { CertificateName } from '@kura/certificates';
import type { CopyRow, StoreAcknowledgement } from '@kura/contract';
import type { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import type { Log } from '@kura/daemon/log.ts';
import type { Metrics } from '@kura/daemon/metrics.ts';
import { transact } from '@kura/database';
import type { Native } from '@kura/native';
import type { Bandwidth } from '@kura/wire/bandwidth.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { AuditDuty, auditPaceMs } from '../audit/audit-duty.ts';
import { auditSecretOf } from '../audit/plan/seeds.ts';
import { storesOf } from '../authority/revocations.ts';
import { gatewayKeys } from '../authority/service-keys.ts';
import type { TrustBook } from '../authority/trust-book.ts';
import type { Rows } from '../db/tables.ts';
import { AdmittedStores } from '../gateway/admitted-stores.ts';
import { ClosingErrands } from '../gateway/closing-errands.ts';
import { forgetGateway, noteGateway } from '../gateway/gateway-book.ts';
import { GatewayService } from '../gateway/gateway-service.ts';
import { KnownStores } from '../gateway/known-stores.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { RevocationPush } from '../gateway/push-revocations.ts';
import { PIECE_BYTES, ReceiveBuffer } from '../gateway/receive-buffer.ts';
import { Spool } from '../gateway/spool.ts';
import { StoreErrands } from '../gateway/store-errands.ts';
import type { Impostors } from '../incidents/impostors.ts';
import { IncidentWork } from '../incidents/incident-work.ts';
import { Leases } from '../leases/leases.ts';
import { MoveCarrier } from '../moves/move-carrier.ts';
import type { Network } from '../network.ts';
import { NoticeCarrier } from '../notices/notice-carrier.ts';
import { readAdmission } from '../stores/admissions.ts';
import { inwardAddresses } from '../stores/inward.ts';
import { OrphanSearch } from '../uploads/find-orphans.ts';
import { showFigures } from './gateway-figures.ts';
import { gatewayHandlers } from './gateway-handlers.ts';
import { Periodics, type PeriodicWork } from './periodic.ts';

export interface GatewayWorkParts {
  readonly network: Network;
  readonly gatewaySecret: Uint8Array;
  readonly gatewayId: string;
  /** "host:port" as stores and devices reach it. */
  readonly publicAddress: () => string;
  readonly identity: () => TlsIdentity;
  readonly trust: TrustBook;
  readonly native: Native;
  readonly receiveBufferMib: number;
  /** Of the day of audits. */
  readonly auditDayS: number;
  /** Failures from which on a store is rogue. */
  readonly rogueAfter: number;
  /** Where packs lie whose devices have hung up. */
  readonly spool: { readonly folder: string; readonly gib: number };
  readonly bandwidth?: Bandwidth;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** What is needed for its rounds alone. */
interface Rounds {
  readonly errands: StoreErrands;
  readonly closings: ClosingErrands;
  readonly notices: NoticeCarrier;
  readonly incidents: IncidentWork;
  readonly orphans: OrphanSearch;
}

/** A gateway that comes or goes is known to stores and devices within about this. */
const PRESENCE_MS = 10 * SECOND_MS;
/** With the signing before and the reader's look after it, a revocation is everywhere within a minute. */
const PUSH_MS = 10 * SECOND_MS;
const WARRANTS_MS = 10 * SECOND_MS;
const MOVES_MS = 5 * SECOND_MS;
const INCIDENTS_MS = 5 * SECOND_MS;
/** They are a day old: nothing is lost by waiting. */
const ORPHANS_MS = 10 * MINUTE_MS;

export class GatewayWork {
  readonly handlers: Handlers<typeof GATEWAY_ENDPOINTS>;
  readonly stores: KnownStores;
  readonly #parts: GatewayWorkParts;
  readonly #periodics: Periodics;
  readonly #service: GatewayService;
  readonly #buffer: ReceiveBuffer;
  readonly #leases: Leases;
  readonly #carrier: MoveCarrier;
  readonly #audits: AuditDuty;
  readonly #push: RevocationPush;

  constructor(parts: GatewayWorkParts) {
    const { network, gatewaySecret, clock, random, native, gatewayId, log } = parts;
    this.#parts = parts;
    this.#buffer = receiveBufferOf(parts);
    const storeAt = (storeId: StoreId) => this.stores.remote(storeId);
    const incidents = new IncidentWork({ ...parts, storeAt });
    this.stores = this.#openStores(parts, incidents.impostors);
    const failing = (what: string) => (store: StoreId, error: unknown) =>
      log.event('warning', what, { store, why: whyOf(error) });
    const rows = (): Rows => network.database.kysely;
    this.#push = new RevocationPush({
      rows,
      stores: this.stores,
      onFailure: failing('revocations not taken'),
    });
    const stores = new AdmittedStores({
      stores: this.stores,
      admissionOf: (store, pseudonym) => readAdmission(rows(), store, pseudonym),
    });
    const keys = new ServiceCopyKeys(gatewaySecret, rows);
    const service = new GatewayService({
      ...{ network, gatewayId, stores, native, clock, random, keys, buffer: this.#buffer },
      spool: new Spool({ folder: parts.spool.folder, maxBytes: parts.spool.gib * GIB }),
      onFailure: (error) =>
        log.event('warning', 'a pack in the spool waits for stores', { why: whyOf(error) }),
    });
    this.#service = service;
    const serving = { network, service, keys, clock, stores: this.stores };
    this.handlers = gatewayHandlers({ ...serving, ...gatewayKeys(gatewaySecret) });
    const { database } = network;
    this.#leases = new Leases({ database, holder: holderOf(parts) });
    const nowMs = (): number => clock.nowMs();
    const going = { database, stores: this.stores, leases: this.#leases, nowMs };
    const errands = new StoreErrands({ ...going, random, onFailure: failing('errand failed') });
    const closings = new ClosingErrands({ ...going, onFailure: failing('notice not taken') });
    const notices = new NoticeCarrier({
      ...{ network, leases: this.#leases, stores, keys, native },
      onFailure: (error) => log.event('warning', 'a notice waits', { why: whyOf(error) }),
    });
    this.#carrier = new MoveCarrier({
      ...{ network, leases: this.#leases, stores, keys, native },
      acknowledge: (storeId, copy) => this.#acknowledge(storeId, copy),
      onFailure: failing('a copy could not be made or read'),
    });
    const dayMs = parts.auditDayS * SECOND_MS;
    this.#audits = new AuditDuty({
      ...{ network, leases: this.#leases, stores: this.stores, keys, native, dayMs },
      audited: (storeId) => this.stores.remote(storeId),
      auditSecret: auditSecretOf(gatewaySecret),
      onFault: (store, why) => log.event('warning', 'an audit failed', { store, why }),
      onRound: (number) => log.event('info', 'a round of audits has ended', { number }),
    });
    const orphans = new OrphanSearch({
      ...{ network, leases: this.#leases, stores, keys },
      onFailure: failing('an upload that expired waits'),
    });
    const rounds = this.#rounds({ errands, closings, notices, incidents, orphans });
    this.#periodics = new Periodics(rounds, parts);
  }

  /** What this gateway does by itself, and how often. */
  #rounds({ errands, closings, notices, incidents, orphans }: Rounds): readonly PeriodicWork[] {
    const auditsMs = auditPaceMs(this.#parts.auditDayS * SECOND_MS);
    return [
      { name: 'presence', everyMs: PRESENCE_MS, work: () => this.#showPresence() },
      { name: 'pushing revocations', everyMs: PUSH_MS, work: () => this.#push.round() },
      { name: 'warrants', everyMs: WARRANTS_MS, work: () => errands.bringWarrants() },
      { name: 'closings', everyMs: MOVES_MS, work: () => closings.round() },
      { name: 'moves', everyMs: MOVES_MS, work: () => this.#carrier.round() },
      { name: 'notices', everyMs: MOVES_MS, work: () => notices.round() },
      { name: 'audits', everyMs: auditsMs, work: () => this.#audits.round() },
      { name: 'incidents', everyMs: INCIDENTS_MS, work: () => incidents.round(this.#leases) },
      { name: 'orphans', everyMs: ORPHANS_MS, work: () => orphans.round() },
    ];
  }

  #openStores(parts: GatewayWorkParts, impostors: Impostors): KnownStores {
    const { network, identity, trust, bandwidth, clock, random, log } = parts;
    return new KnownStores({
      shape: network.charter.shape,
      identity,
      trust: (storeId) => (certificate) =>
        impostors.judging(storeId, () => checkStore(trust.judge(certificate, ['store']), storeId)),
      ...(bandwidth === undefined ? {} : { bandwidth }),
      onMet: (store) => {
        this.#push.forget(store);
        log.event('debug', 'store connected', { store });
      },
      onFailure: (store, error) => {
        impostors.met(store, error);
        log.event('warning', 'store failed', { store, why: whyOf(error) });
      },
      ...{ clock, random },
    });
  }

  /** Resolves when the network knows of it. */
  async start(): Promise<void> {
    await this.#periodics.start();
    await this.#service.start();
  }

  /** Ends the connections of stores whose certificate was withdrawn. */
  async endStores(serials: ReadonlySet<string>): Promise<void> {
    const rows = this.#parts.network.database.kysely;
    for (const storeId of await storesOf(rows, serials)) this.stores.end(storeId);
  }

  async stop(): Promise<void> {
    this.#service.stop();
    await this.#periodics.stop();
    await this.#carrier.stop();
    await this.#audits.stop();
    await this.#leases.giveBack();
    const { network, gatewayId } = this.#parts;
    await transact(network.database, (rows: Rows) => forgetGateway(rows, gatewayId));
    this.stores.close();
    await this.#push.settled();
  }

  #acknowledge(
    storeId: StoreId,
    { copyId }: Pick<CopyRow, 'copyId'>,
  ): Promise<StoreAcknowledgement> {
    const store = this.stores.remote(storeId);
    if (store !== undefined) return store.acknowledge(copyId);
    throw new KuraError('unreachable', `store ${storeId} is not connected to this gateway`);
  }

  async #showPresence(): Promise<void> {
    const { network, gatewayId, publicAddress, clock, metrics } = this.#parts;
    const presence = { gatewayId, address: publicAddress() };
    await transact(network.database, (rows: Rows) => noteGateway(rows, presence, clock.nowMs()));
    await this.stores.setInward(await inwardAddresses(network.database.kysely));
    await showFigures(network.database.kysely, {
      ...{
        metrics,
        gatewayId,
        holder: holderOf(this.#parts),
        stores: this.stores,
        buffer: this.#buffer,
      },
      nowMs: clock.nowMs(),
    });
  }
}

/** By what name this gateway holds leases. */
function holderOf({ gatewayId }: GatewayWorkParts): string {
  return `${gatewayId}/gateway`;
}

function receiveBufferOf({ receiveBufferMib, clock }: GatewayWorkParts): ReceiveBuffer {
  return new ReceiveBuffer({ pieces: (receiveBufferMib * MIB) / PIECE_BYTES, clock });
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function checkStore(name: CertificateName, storeId: StoreId): void {
  if (name.role === 'store' && name.store === storeId) return;
  throw new KuraError('refused', `at the address of store ${storeId} another one answers`, {
    context: { reason: 'wrong role' },
  });
}

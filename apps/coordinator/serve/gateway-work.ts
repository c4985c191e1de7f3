// The work of one gateway, whichever program does it: packs in, copies out, stores that dial in or are dialled,
// and the news of itself in the tables. A coordinator does it as well unless its operator says otherwise.
import { type AlarmClock, KuraError, MIB, type Random, SECOND_MS, type StoreId } from '@kura/base';
import type { CertificateName } from '@kura/certificates';
import type { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import type { Log } from '@kura/daemon/log.ts';
import { transact } from '@kura/database';
import type { Native } from '@kura/native';
import type { Bandwidth } from '@kura/wire/bandwidth.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { gatewayKeys } from '../authority/service-keys.ts';
import type { TrustBook } from '../authority/trust-book.ts';
import type { Rows } from '../db/tables.ts';
import { AdmittedStores } from '../gateway/admitted-stores.ts';
import { forgetGateway, noteGateway } from '../gateway/gateway-book.ts';
import { GatewayService } from '../gateway/gateway-service.ts';
import { KnownStores } from '../gateway/known-stores.ts';
import { PIECE_BYTES, ReceiveBuffer } from '../gateway/receive-buffer.ts';
import { ServiceCopyKeys } from '../gateway/service-keys.ts';
import type { Network } from '../network.ts';
import { readAdmission } from '../stores/admissions.ts';
import { inwardAddresses } from '../stores/inward.ts';
import { gatewayHandlers } from './gateway-handlers.ts';
import { Periodic } from './periodic.ts';

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
  readonly bandwidth?: Bandwidth;
  readonly log: Log;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** A gateway that comes or goes is known to stores and devices within about this. */
const PRESENCE_MS = 10 * SECOND_MS;

export class GatewayWork {
  readonly handlers: Handlers<typeof GATEWAY_ENDPOINTS>;
  readonly stores: KnownStores;
  readonly #parts: GatewayWorkParts;
  readonly #presence: Periodic;

  constructor(parts: GatewayWorkParts) {
    const { network, gatewaySecret, clock, random, native, gatewayId, log } = parts;
    this.#parts = parts;
    this.stores = new KnownStores({
      shape: network.charter.shape,
      identity: parts.identity,
      trust: (storeId) => (certificate) =>
        checkStore(parts.trust.judge(certificate, ['store']), storeId),
      ...(parts.bandwidth === undefined ? {} : { bandwidth: parts.bandwidth }),
      onMet: (store) => log.event('debug', 'store connected', { store }),
      onFailure: (store, error) =>
        log.event('warning', 'store failed', { store, why: whyOf(error) }),
      ...{ clock, random },
    });
    const rows = (): Rows => network.database.kysely;
    const stores = new AdmittedStores({
      stores: this.stores,
      admissionOf: (store, pseudonym) => readAdmission(rows(), store, pseudonym),
    });
    const service = new GatewayService({
      ...{ network, gatewayId, stores, native, clock, random },
      keys: new ServiceCopyKeys(gatewaySecret, rows),
      buffer: new ReceiveBuffer({ pieces: (parts.receiveBufferMib * MIB) / PIECE_BYTES, clock }),
    });
    const { ticketKey } = gatewayKeys(gatewaySecret);
    this.handlers = gatewayHandlers({ network, service, stores: this.stores, ticketKey });
    this.#presence = new Periodic({
      name: 'presence',
      everyMs: PRESENCE_MS,
      work: () => this.#showPresence(),
      ...{ log, clock },
    });
  }

  /** Resolves when the network knows of it. */
  start(): Promise<void> {
    return this.#presence.start();
  }

  async stop(): Promise<void> {
    await this.#presence.stop();
    const { network, gatewayId } = this.#parts;
    await transact(network.database, (rows: Rows) => forgetGateway(rows, gatewayId));
    this.stores.close();
  }

  async #showPresence(): Promise<void> {
    const { network, gatewayId, publicAddress, clock } = this.#parts;
    const presence = { gatewayId, address: publicAddress() };
    await transact(network.database, (rows: Rows) => noteGateway(rows, presence, clock.nowMs()));
    await this.stores.setInward(await inwardAddresses(network.database.kysely));
  }
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

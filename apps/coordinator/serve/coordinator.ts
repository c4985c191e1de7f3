// `kura serve coordinator`: members, contracts, custody and the network's authority behind one listener, and the
// work of a gateway as well unless its operator says otherwise. All truth is in the tables and in its secrets, so
// any number of coordinators may serve one network, and any of them may die.
import { DAY_MS, must, SECOND_MS, toHex } from '@kura/base';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { ADOPTION_ENDPOINTS } from '@kura/contract/wire/endpoints/adoption.ts';
import { AUDIT_ENDPOINTS } from '@kura/contract/wire/endpoints/audit.ts';
import { CLOSING_ENDPOINTS } from '@kura/contract/wire/endpoints/closings.ts';
import { CUSTODY_ENDPOINTS } from '@kura/contract/wire/endpoints/custody.ts';
import { EVENT_ENDPOINTS } from '@kura/contract/wire/endpoints/events.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { HAZARD_ENDPOINTS } from '@kura/contract/wire/endpoints/hazards.ts';
import { HEARTBEAT_ENDPOINTS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import { INCIDENT_ENDPOINTS } from '@kura/contract/wire/endpoints/incidents.ts';
import { LOCK_ENDPOINTS } from '@kura/contract/wire/endpoints/locks.ts';
import { LOG_ENDPOINTS, WITNESS_ENDPOINTS } from '@kura/contract/wire/endpoints/log.ts';
import { MOVE_ENDPOINTS } from '@kura/contract/wire/endpoints/moves.ts';
import { NETWORK_ENDPOINTS } from '@kura/contract/wire/endpoints/network.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import { REMOVAL_ENDPOINTS } from '@kura/contract/wire/endpoints/removals.ts';
import { RETURN_ENDPOINTS } from '@kura/contract/wire/endpoints/returns.ts';
import { SERVICE_ENDPOINTS } from '@kura/contract/wire/endpoints/service.ts';
import { VALIDITY_ENDPOINTS } from '@kura/contract/wire/endpoints/validity.ts';
import { openApi } from '@kura/contract/wire/openapi.ts';
import type { CoordinatorConfig } from '@kura/daemon';
import { transact } from '@kura/database';
import { parseAddress } from '@kura/wire/address.ts';
import type { Bandwidth } from '@kura/wire/bandwidth.ts';
import type { Edge } from '@kura/wire/server/edge.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import { serve } from '@kura/wire/server/serve.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { accountHandlers } from '../accounts/handlers.ts';
import { auditHandlers } from '../audit/handlers.ts';
import { auditSecretOf } from '../audit/plan/seeds.ts';
import { openService, type Service } from '../authority/service.ts';
import { gatewayKeys } from '../authority/service-keys.ts';
import { REVOCATIONS_READ_MS, TrustBook } from '../authority/trust-book.ts';
import { closingHandlers } from '../closing/handlers.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { hazardHandlers } from '../hazards/look/handlers.ts';
import { DoorWatch, IMPOSTORS_MS } from '../impostors/door-watch.ts';
import { incidentHandlers } from '../incidents/handlers.ts';
import { lockHandlers } from '../locks/handlers.ts';
import { logHandlers, witnessHandlers } from '../log/handlers.ts';
import { openCosigner } from '../log/open-cosigner.ts';
import { moveHandlers } from '../moves/handlers.ts';
import { operatorHandlers } from '../operator/handlers.ts';
import { removalHandlers } from '../removal/handlers.ts';
import { returnHandlers } from '../returns/handlers.ts';
import { admitEverywhere } from '../stores/admissions.ts';
import { hearStore } from '../stores/heartbeat.ts';
import { validityHandlers } from '../validity/handlers.ts';
import { adoptionHandlers } from './adoption-handlers.ts';
import { Background } from './background.ts';
import { storeOf } from './callers.ts';
import { readSecrets } from './coordinator-state.ts';
import { custodyHandlers } from './custody-handlers.ts';
import { eventHandlers } from './event-handlers.ts';
import { GatewayWork } from './gateway-work.ts';
import { bandwidthOf, spoolOf } from './limits.ts';
import { networkHandlers } from './network-handlers.ts';
import { withServiceNetwork } from './open-tables.ts';
import { Periodics } from './periodic.ts';
import { type Running, type ServedProgram, servedProgram } from './served-program.ts';
import type { CoordinatorSurroundings } from './surroundings.ts';
import { showCertificate, showRevocations } from './trust-figures.ts';

export function coordinatorProgram(
  config: CoordinatorConfig,
  surroundings: CoordinatorSurroundings,
): ServedProgram {
  return servedProgram(() => RunningCoordinator.open(config, surroundings));
}

const ENDPOINTS = {
  ...SERVICE_ENDPOINTS,
  ...ACCOUNT_ENDPOINTS,
  ...CUSTODY_ENDPOINTS,
  ...EVENT_ENDPOINTS,
  ...LOCK_ENDPOINTS,
  ...ADOPTION_ENDPOINTS,
  ...HEARTBEAT_ENDPOINTS,
  ...NETWORK_ENDPOINTS,
  ...OPERATOR_ENDPOINTS,
  ...MOVE_ENDPOINTS,
  ...AUDIT_ENDPOINTS,
  ...VALIDITY_ENDPOINTS,
  ...HAZARD_ENDPOINTS,
  ...INCIDENT_ENDPOINTS,
  ...LOG_ENDPOINTS,
  ...WITNESS_ENDPOINTS,
  ...CLOSING_ENDPOINTS,
  ...REMOVAL_ENDPOINTS,
  ...RETURN_ENDPOINTS,
};
const CONTRACT = openApi('Kura coordinator', { ...ENDPOINTS, ...GATEWAY_ENDPOINTS });

const ID_BYTES = 16;
/** Of its own certificate, which lasts for thirty. */
const RENEW_MS = DAY_MS;
/** How long nobody can reach a coordinator that started while its clock was wrong, once that is put right. */
const LOOK_MS = 15 * SECOND_MS;

class RunningCoordinator implements Running {
  readonly #config: CoordinatorConfig;
  readonly #surroundings: CoordinatorSurroundings;
  readonly #service: Service;
  readonly #trust: TrustBook;
  readonly #id: string;
  readonly #bandwidth: Bandwidth;
  readonly #periodics: Periodics;
  readonly #background: Background;
  readonly #door: DoorWatch;
  #tls: TlsIdentity | undefined;
  #issuedMs = Number.NEGATIVE_INFINITY;
  #edge: Edge | undefined;
  #gateway: GatewayWork | undefined;

  private constructor(
    config: CoordinatorConfig,
    surroundings: CoordinatorSurroundings,
    service: Service,
  ) {
    const { clock, random, log, metrics } = surroundings;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#service = service;
    this.#trust = new TrustBook(
      { root: service.authority.root, network: service.networkId },
      clock,
    );
    this.#id = toHex(random.bytes(ID_BYTES));
    this.#bandwidth = bandwidthOf(config.limits, clock);
    this.#door = new DoorWatch({
      ...{ network: service.network, log, metrics, clock },
      impostorsAfter: config.incidents.impostorsAfter,
    });
    this.#periodics = new Periodics(
      [
        { name: 'certificate', everyMs: LOOK_MS, work: () => this.#renewIfDue() },
        { name: 'revocations', everyMs: REVOCATIONS_READ_MS, work: () => this.#readRevocations() },
        { name: 'impostors', everyMs: IMPOSTORS_MS, work: () => this.#door.flush() },
      ],
      surroundings,
    );
    const { network, keys } = service;
    const { coordinatorSeed } = keys;
    const { mail, webhook, memberWebhooks, validity, hazards } = config;
    this.#background = new Background({
      ...{ network, coordinatorSeed, log, metrics, clock, random, mail, webhook, validity },
      memberWebhooks: memberWebhooks?.enabled === true ? memberWebhooks : undefined,
      hookSecretOf: keys.hookSecretOf,
      admit: (rows, memberId, nowMs) => admitEverywhere(rows, memberId, { keys, nowMs }),
      cosigner: openCosigner(network, { clock, log, metrics }),
      hazards: hazards?.enabled === true ? hazards : undefined,
      notices: {
        ...{ coordinatorSeed, noticeKeyOf: keys.noticeKeyOf },
        keys: new ServiceCopyKeys(keys.gatewaySecret, () => network.database.kysely),
      },
    });
  }

  static async open(
    config: CoordinatorConfig,
    surroundings: CoordinatorSurroundings,
  ): Promise<RunningCoordinator> {
    const secrets = readSecrets(config);
    return await withServiceNetwork(config.database.url, surroundings, async (network) => {
      const service = await openService(network, secrets);
      return new RunningCoordinator(config, surroundings, service);
    });
  }

  get address(): string | undefined {
    return this.#edge?.address;
  }

  async serve(): Promise<void> {
    await this.#periodics.start();
    const { gateway } = this.#config;
    if (gateway.enabled) this.#gateway = this.#openGateway();
    this.#edge = await this.#listen(this.#gateway);
    await this.#gateway?.start();
    await this.#background.start();
  }

  /** A new certificate for the same name; connections that are open keep the old one. */
  async reload(): Promise<void> {
    const { authority, network, networkId } = this.#service;
    const { address, public: reached } = this.#config.listen;
    const nowMs = this.#surroundings.clock.nowMs();
    this.#tls = await transact(network.database, (rows) =>
      authority.issueOwn(rows, {
        name: { role: 'coordinator', network: networkId, id: this.#id },
        hosts: [parseAddress(reached ?? address).host],
        nowMs,
      }),
    );
    this.#issuedMs = nowMs;
    this.#edge?.renew(this.#tls);
    showCertificate(this.#surroundings.metrics, this.#tls);
  }

  /** One from the future was made while the clock was wrong: nobody believes it yet. */
  async #renewIfDue(): Promise<void> {
    const ageMs = this.#surroundings.clock.nowMs() - this.#issuedMs;
    if (ageMs < 0 || ageMs >= RENEW_MS) await this.reload();
  }

  async stop(graceMs: number): Promise<void> {
    await this.#periodics.stop();
    await this.#background.stop();
    await this.#edge?.drain(graceMs);
    await this.#gateway?.stop();
    this.#service.network.close();
  }

  async #readRevocations(): Promise<void> {
    const { kysely } = this.#service.network.database;
    const { metrics, clock } = this.#surroundings;
    await showRevocations(kysely, { metrics, nowMs: clock.nowMs() });
    const withdrawn = await this.#trust.refresh(kysely);
    if (withdrawn.size === 0) return;
    this.#edge?.end((caller) => caller.kind === 'certified' && withdrawn.has(caller.serial));
    await this.#gateway?.endStores(withdrawn);
  }

  #identity = (): TlsIdentity => must(this.#tls, 'a certificate is issued at the start');

  #openGateway(): GatewayWork {
    const { native, clock, random, log, metrics } = this.#surroundings;
    const { network, keys } = this.#service;
    return new GatewayWork({
      ...{ network, native, clock, random, log, metrics },
      gatewaySecret: keys.gatewaySecret,
      gatewayId: this.#id,
      publicAddress: () => this.#config.listen.public ?? must(this.address, 'it listens'),
      identity: this.#identity,
      trust: this.#trust,
      receiveBufferMib: this.#config.gateway.receiveBufferMib,
      auditDayS: this.#config.gateway.auditDayS,
      rogueAfter: this.#config.incidents.rogueAfter,
      spool: spoolOf(this.#config),
      bandwidth: this.#bandwidth,
    });
  }

  #listen(gateway: GatewayWork | undefined): Promise<Edge> {
    const { clock, random } = this.#surroundings;
    const common = {
      tls: this.#identity(),
      listen: parseAddress(this.#config.listen.address),
      authorise: this.#trust.authorise,
      bandwidth: this.#bandwidth,
      ...this.#door.edge(),
      ...{ clock, random },
    };
    const own = this.#handlers();
    if (gateway === undefined) return serve({ ...common, endpoints: ENDPOINTS, handlers: own });
    return serve({
      ...common,
      endpoints: { ...ENDPOINTS, ...GATEWAY_ENDPOINTS },
      handlers: { ...own, ...gateway.handlers },
    });
  }

  #handlers(): Handlers<typeof ENDPOINTS> {
    const { network, keys } = this.#service;
    const { ticketSeed, ticketKey } = gatewayKeys(keys.gatewaySecret);
    const copyKeys = new ServiceCopyKeys(keys.gatewaySecret, () => network.database.kysely);
    return {
      describeContract: async () => CONTRACT,
      ...accountHandlers(this.#service, { memberWebhooks: this.#config.memberWebhooks?.enabled }),
      ...custodyHandlers({ network, keys, ticketSeed, clock: this.#surroundings.clock }),
      ...eventHandlers(this.#service),
      ...lockHandlers(this.#service),
      ...adoptionHandlers({ network, keys }),
      ...networkHandlers({ network, keys: copyKeys, ...keys }),
      ...operatorHandlers(this.#service, this.#surroundings.metrics),
      ...moveHandlers(network),
      ...auditHandlers(network, auditSecretOf(keys.gatewaySecret)),
      ...validityHandlers(network),
      ...hazardHandlers(network),
      ...incidentHandlers(network),
      ...logHandlers(network),
      ...witnessHandlers(network),
      ...closingHandlers(this.#service),
      ...removalHandlers(network),
      ...returnHandlers({ network, ...keys }),
      heartbeat: ({ caller, body }) => {
        const options = { ticketKey, nowMs: this.#surroundings.clock.nowMs() };
        const storeId = storeOf(caller);
        return transact(network.database, (rows) =>
          hearStore(rows, storeId, { beat: body, options }),
        );
      },
    };
  }
}

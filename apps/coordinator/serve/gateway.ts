// `kura serve gateway`: the work of a gateway behind a listener of its own. It goes to the tables directly, so it
// saves and reads while coordinators are away; what it needs them for is its certificate.
import { DAY_MS, HOUR_MS, must } from '@kura/base';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import type { GatewayConfig } from '@kura/daemon';
import { parseAddress } from '@kura/wire/address.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { Edge } from '@kura/wire/server/edge.ts';
import { serve } from '@kura/wire/server/serve.ts';
import { REVOCATIONS_READ_MS, TrustBook } from '../authority/trust-book.ts';
import { DoorWatch, IMPOSTORS_MS } from '../impostors/door-watch.ts';
import type { Network } from '../network.ts';
import { type GatewayState, readGatewayState, renewGateway } from './gateway-state.ts';
import { GatewayWork } from './gateway-work.ts';
import { bandwidthOf, spoolOf } from './limits.ts';
import { withServiceNetwork } from './open-tables.ts';
import { Periodics } from './periodic.ts';
import { type Running, type ServedProgram, servedProgram } from './served-program.ts';
import type { CoordinatorSurroundings } from './surroundings.ts';
import { certificateEndMs, showCertificate } from './trust-figures.ts';

export function gatewayProgram(
  config: GatewayConfig,
  surroundings: CoordinatorSurroundings,
): ServedProgram {
  return servedProgram(() => RunningGateway.open(config, surroundings));
}

/** How often the end of the certificate is looked at. */
const LOOK_MS = HOUR_MS;
const RENEW_LEFT_MS = 10 * DAY_MS;

class RunningGateway implements Running {
  readonly #config: GatewayConfig;
  readonly #surroundings: CoordinatorSurroundings;
  readonly #network: Network;
  readonly #trust: TrustBook;
  readonly #work: GatewayWork;
  readonly #door: DoorWatch;
  readonly #periodics: Periodics;
  #state: GatewayState;
  #edge: Edge | undefined;

  private constructor(
    config: GatewayConfig,
    surroundings: CoordinatorSurroundings,
    { network, state }: { readonly network: Network; readonly state: GatewayState },
  ) {
    const { native, clock, random, log, metrics } = surroundings;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#network = network;
    this.#state = state;
    this.#trust = new TrustBook({ root: state.root, network: state.networkId }, clock);
    this.#work = new GatewayWork({
      ...{ network, native, clock, random, log, metrics },
      gatewaySecret: state.gatewaySecret,
      gatewayId: state.gatewayId,
      publicAddress: () => config.listen.public ?? must(this.address, 'it listens'),
      identity: () => this.#state.identity,
      trust: this.#trust,
      receiveBufferMib: config.gateway.receiveBufferMib,
      auditDayS: config.gateway.auditDayS,
      rogueAfter: config.incidents.rogueAfter,
      spool: spoolOf(config),
      bandwidth: bandwidthOf(config.limits, clock),
    });
    this.#door = new DoorWatch({
      ...{ network, log, metrics, clock },
      impostorsAfter: config.incidents.impostorsAfter,
    });
    this.#periodics = new Periodics(
      [
        { name: 'revocations', everyMs: REVOCATIONS_READ_MS, work: () => this.#readRevocations() },
        { name: 'certificate', everyMs: LOOK_MS, work: () => this.#renewIfDue() },
        { name: 'impostors', everyMs: IMPOSTORS_MS, work: () => this.#door.flush() },
      ],
      surroundings,
    );
  }

  static async open(
    config: GatewayConfig,
    surroundings: CoordinatorSurroundings,
  ): Promise<RunningGateway> {
    const state = readGatewayState(config, surroundings.clock.nowMs());
    return await withServiceNetwork(
      config.database.url,
      surroundings,
      (network) => new RunningGateway(config, surroundings, { network, state }),
    );
  }

  get address(): string | undefined {
    return this.#edge?.address;
  }

  async serve(): Promise<void> {
    const { clock, random, metrics } = this.#surroundings;
    showCertificate(metrics, this.#state.identity);
    await this.#periodics.start();
    this.#edge = await serve({
      endpoints: GATEWAY_ENDPOINTS,
      handlers: this.#work.handlers,
      tls: this.#state.identity,
      listen: parseAddress(this.#config.listen.address),
      authorise: this.#trust.authorise,
      bandwidth: bandwidthOf(this.#config.limits, clock),
      ...this.#door.edge(),
      ...{ clock, random },
    });
    await this.#work.start();
  }

  async reload(): Promise<void> {
    this.#state = readGatewayState(this.#config, this.#surroundings.clock.nowMs());
    this.#edge?.renew(this.#state.identity);
    showCertificate(this.#surroundings.metrics, this.#state.identity);
  }

  async stop(graceMs: number): Promise<void> {
    await this.#periodics.stop();
    await this.#edge?.drain(graceMs);
    await this.#work.stop();
    this.#network.close();
  }

  async #readRevocations(): Promise<void> {
    const withdrawn = await this.#trust.refresh(this.#network.database.kysely);
    if (withdrawn.size === 0) return;
    this.#edge?.end((caller) => caller.kind === 'certified' && withdrawn.has(caller.serial));
    await this.#work.endStores(withdrawn);
  }

  async #renewIfDue(): Promise<void> {
    const { clock, random } = this.#surroundings;
    const { identity, coordinator } = this.#state;
    if (certificateEndMs(identity) - clock.nowMs() > RENEW_LEFT_MS) return;
    const client = openClient({
      addresses: [coordinator],
      identity,
      trust: (certificate) => void this.#trust.judge(certificate, ['coordinator']),
      ...{ clock, random },
    });
    try {
      const renewed = await renewGateway(this.#config, client, this.#surroundings);
      this.#state = { ...this.#state, identity: renewed };
      this.#edge?.renew(renewed);
      showCertificate(this.#surroundings.metrics, renewed);
    } finally {
      client.close();
    }
  }
}

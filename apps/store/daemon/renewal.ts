// The certificate of a store and its renewal: with a new key, over the old certificate, ten days before that ends. It
// is tried at every heartbeat that is answered, so a coordinator that was away for days is no reason to worry.
import { X509Certificate } from 'node:crypto';
import { type Clock, DAY_MS, type Random } from '@kura/base';
import { newRequest } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { decodeTls, encodeTls } from './network-file.ts';
import type { Peers } from './peers.ts';
import type { StateFolder } from './state-folder.ts';

const RENEW_LEFT_MS = 10 * DAY_MS;

export interface RenewalOptions {
  readonly state: StateFolder;
  readonly peers: Peers;
  /** Names that the certificate of a listener carries. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

export class Renewal {
  readonly #options: RenewalOptions;
  #tls: TlsIdentity;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#tls = decodeTls(options.state.demand('tls'));
  }

  get tls(): TlsIdentity {
    return this.#tls;
  }

  get untilMs(): number {
    return new X509Certificate(this.#tls.certificatePem).validToDate.getTime();
  }

  /** True if there is a new certificate, durably; throws what the coordinator says. */
  async renewIfDue(client: EndpointClient): Promise<boolean> {
    const { state, peers, hosts, clock, random } = this.#options;
    if (this.untilMs - clock.nowMs() > RENEW_LEFT_MS) return false;
    const { keyPem, request: certificateRequest } = newRequest(random);
    const body = { certificateRequest, hosts };
    const { certificatePem } = await client.call(ACCOUNT_ENDPOINTS.renewCertificate, { body });
    peers.judge(new X509Certificate(certificatePem), ['store']);
    const renewed = { certificatePem, keyPem };
    await state.replace('tls', encodeTls(renewed));
    this.#tls = renewed;
    return true;
  }
}

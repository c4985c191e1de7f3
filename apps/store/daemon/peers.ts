// Who may speak to a store: programs of its network with the right role, by certificate and not revoked; at an inward
// listener only from addresses that gateways have.
import { X509Certificate } from 'node:crypto';
import type { Clock } from '@kura/base';
import { type CertificateName, judge, type Role } from '@kura/certificates';
import { refusal, serialOf } from '@kura/certificates/trust.ts';
import { addressesOf } from '@kura/wire/resolve.ts';
import type { NetworkFile } from './network-file.ts';
import type { TrustReader } from './trust-book.ts';

const NOBODY: ReadonlySet<string> = new Set();

export class Peers {
  readonly #root: X509Certificate;
  readonly #network: string;
  readonly #book: TrustReader;
  readonly #clock: Clock;
  #admitted: ReadonlySet<string> = NOBODY;

  constructor(network: NetworkFile, book: TrustReader, clock: Clock) {
    this.#root = new X509Certificate(network.authorityPem);
    this.#network = network.networkId;
    this.#book = book;
    this.#clock = clock;
  }

  /** Who holds the certificate; throws `refused` with `context.reason`. */
  judge(certificate: X509Certificate, roles: readonly Role[]): CertificateName {
    const nowMs = this.#clock.nowMs();
    const network = { root: this.#root, network: this.#network };
    const name = judge(certificate, { ...network, nowMs, roles, revoked: NOBODY });
    if (this.isRevoked(serialOf(certificate))) {
      throw refusal('revoked', 'the certificate was withdrawn by its network');
    }
    return name;
  }

  isRevoked(serial: string): boolean {
    return this.#book.revocations.hasCertificate(serial);
  }

  /** "host:port" of every gateway, as heard last. */
  get gateways(): readonly string[] {
    return this.#book.keys.gateways;
  }

  /** Looks up anew from where gateways may come. */
  async refresh(): Promise<void> {
    this.#admitted = await addressesOf(this.gateways);
  }

  admitsAddress(address: string): boolean {
    return this.#admitted.has(address);
  }
}

// What a caller may cost before it has shown anything, and after. From docs/design/protocol.md.
import { KIB, SECOND_MS } from '@kura/base';

export interface EdgeLimits {
  /** Of a request's head; larger: each connection may hold more memory. */
  readonly headBytes: number;
  /** Until a head is complete, from its first byte; TLS has as long. */
  readonly headMs: number;
  /** Between requests. */
  readonly idleMs: number;
  /** A body moves at least `paceBytes` in `paceMs`. */
  readonly paceMs: number;
  readonly paceBytes: number;
  readonly connections: number;
  readonly connectionsPerKey: number;
  /** Of those who show no certificate of the network. */
  readonly connectionsPerAddress: number;
  /** Requests of those without one, per address and `rateMs`. */
  readonly rateRequests: number;
  readonly rateMs: number;
  /** Addresses whose rate is remembered. */
  readonly ratedAddresses: number;
}

export const STANDARD_LIMITS: EdgeLimits = {
  headBytes: 16 * KIB,
  headMs: 10 * SECOND_MS,
  idleMs: 60 * SECOND_MS,
  paceMs: 20 * SECOND_MS,
  paceBytes: KIB,
  connections: 4096,
  connectionsPerKey: 32,
  connectionsPerAddress: 64,
  rateRequests: 10,
  rateMs: 10 * SECOND_MS,
  ratedAddresses: 16_384,
};

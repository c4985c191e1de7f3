// Addresses of services: "host:port" as people write it, and the addresses that sockets show.
import { KuraError } from '@kura/base';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** "gw1.example.org:7443", "[::1]:7443"; throws `usage`. */
export function parseAddress(address: string): HostPort {
  const match =
    /^(?:\[(?<v6>[0-9a-fA-F:.]{2,45})\]|(?<name>[A-Za-z0-9.-]{1,253})):(?<port>\d{1,5})$/.exec(
      address,
    );
  const host = match?.groups?.v6 ?? match?.groups?.name;
  const port = Number(match?.groups?.port);
  if (host === undefined || port > 65_535) {
    throw new KuraError('usage', `"${address.slice(0, 80)}" is no address`, {
      guidance: 'An address is "host:port", for example gw1.example.org:7443.',
    });
  }
  return { host, port };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whom a limit per address counts: an IPv4 address, also one in IPv6 clothes, or the first half of an IPv6
 * address, because one house has all of the other half.
 */
export function countedAddress(remote: string | undefined): string {
  const address = remote ?? 'unknown';
  const mapped = /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.groups?.v4 !== undefined) return mapped.groups.v4;
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

// Where a stranger may send this machine: to what anybody outside could reach as well, and to what its operator
// names. A name is resolved once, every address of it is looked at, and the connection goes to one that was.
import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { KuraError, SECOND_MS } from '@kura/base';

/** Special-purpose, multicast and reserved blocks (IANA registries, RFC 6890). */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Of 2000::/3: protocols' own, documentation, and what carries an IPv4 address (6to4; Teredo is in the first). */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
const RESOLVE_MS = 3 * SECOND_MS;
const RESOLVE_TRIES = 2;

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface Reach {
  /** Of an IP address as text. */
  allows(address: string): boolean;
  /** Throws `refused` for a host that is an address, and not a good one. */
  checkHost(host: string): void;
  /** For a socket: an error if there is no address, or a bad one among them. */
  readonly lookup: LookupFunction;
}

/** `allow`: blocks that are good besides, "10.1.0.0/16" or one address. Throws `usage` for anything else. */
export function openReach(allow: readonly string[], resolve: Resolve = resolveName): Reach {
  const bad = { ipv4: notPublic4(), ipv6: notPublic6() };
  const good = new BlockList();
  for (const block of allow) addBlock(good, block);
  const allows = (address: string): boolean => {
    const plain = MAPPED.exec(address)?.[1] ?? address;
    const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
    if (isIP(plain) === 0) return false;
    return good.check(plain, family) || !bad[family].check(plain, family);
  };
  return {
    allows,
    checkHost: (host) => {
      const address = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
      if (isIP(address) !== 0 && !allows(address)) throw inside(host);
    },
    lookup: (host, options, done) => {
      resolve(host).then(
        (found) => {
          const [first] = found;
          if (first === undefined || !found.every(({ address }) => allows(address))) {
            done(first === undefined ? unknown(host) : inside(host), '');
          } else if (options.all === true) done(null, [...found]);
          else done(null, first.address, first.family);
        },
        () => done(unknown(host), ''),
      );
    },
  };
}

function notPublic4(): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of NOT_PUBLIC_4) list.addSubnet(net, prefix, 'ipv4');
  return list;
}

/** A list of its own: a block of IPv6 holds for the IPv4 addresses that are mapped into it as well. */
function notPublic6(): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of NOT_PUBLIC_6) list.addSubnet(net, prefix, 'ipv6');
  // All but 2000::/3, the only block that was ever given out.
  list.addSubnet('::', 3, 'ipv6');
  list.addSubnet('4000::', 2, 'ipv6');
  list.addSubnet('8000::', 1, 'ipv6');
  return list;
}

function addBlock(list: BlockList, block: string): void {
  const [net = '', length, ...more] = block.split('/');
  const family = isIPv4(net) ? 'ipv4' : 'ipv6';
  const widest = family === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? widest : Number(/^\d{1,3}$/.exec(length)?.[0] ?? -1);
  const isRight = isIP(net) !== 0 && more.length === 0 && prefix >= 0 && prefix <= widest;
  if (!isRight) {
    throw new KuraError('usage', `"${block}" is no block of addresses`, {
      guidance: 'Write an address, or one with the length of its prefix: 10.1.0.0/16',
    });
  }
  list.addSubnet(net, prefix, family);
}

/** By the name servers alone: no file of this machine, and no thread that others wait for. */
async function resolveName(host: string): Promise<readonly LookupAddress[]> {
  const resolver = new Resolver({ timeout: RESOLVE_MS, tries: RESOLVE_TRIES });
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = (asked: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] =>
    asked.status === 'fulfilled' ? asked.value.map((address) => ({ address, family })) : [];
  return [...addresses(four, 4), ...addresses(six, 6)];
}

function unknown(host: string): KuraError {
  return new KuraError('unreachable', `${host} has no address that a name server knows`);
}

/** The address is not told: whoever asks may want to learn it. */
function inside(host: string): KuraError {
  return new KuraError('refused', `${host} leads to where this network calls nobody`, {
    guidance: 'It has to be a public address, or one that the operator allows.',
  });
}

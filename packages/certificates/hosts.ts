// Names of a listener in a certificate: DNS names and addresses. Kura itself trusts roles, not these; they are
// for whatever else looks at the certificate.
import { concatBytes, KuraError, utf8 } from '@kura/base';
import { implicit } from './der.ts';

const DNS = 2;
const ADDRESS = 7;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_NAME_CHARACTERS = 253;

function bad(host: string): never {
  throw new KuraError('usage', `"${host.slice(0, 80)}" is neither a host name nor an address`);
}

function ipv4(host: string): Uint8Array {
  const parts = host.split('.').map(Number);
  return parts.every((part) => part <= 255) ? Uint8Array.from(parts) : bad(host);
}

/** Of groups of up to four hex digits, with "::" at most once. */
function ipv6(host: string): Uint8Array {
  const [head = '', tail, ...more] = host.split('::');
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const missing = 8 - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) bad(host);
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) bad(host);
  return concatBytes(
    ...groups.map((group) => {
      const value = Number.parseInt(group, 16);
      return Uint8Array.of(value >> 8, value & 0xff);
    }),
  );
}

/** One `GeneralName`; throws `usage`. */
export function hostName(host: string): Uint8Array {
  if (IPV4.test(host)) return implicit(ADDRESS, ipv4(host));
  if (host.includes(':')) return implicit(ADDRESS, ipv6(host));
  const isName =
    host.length <= MAX_NAME_CHARACTERS && host.split('.').every((one) => LABEL.test(one));
  return isName ? implicit(DNS, utf8(host)) : bad(host);
}

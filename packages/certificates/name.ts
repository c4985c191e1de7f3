// Who a certificate speaks for: one URI in its subjectAltName (docs/design/enrolment.md), parsed strictly, so
// that one name has one spelling.
import {
  type DeviceId,
  deviceId,
  KuraError,
  type MemberId,
  memberId,
  type StoreId,
  storeId,
} from '@kura/base';

export const ROLES = ['coordinator', 'gateway', 'store', 'device', 'operator'] as const;
export type Role = (typeof ROLES)[number];

export type CertificateName =
  | {
      readonly role: 'device';
      readonly network: string;
      readonly member: MemberId;
      readonly device: DeviceId;
    }
  | { readonly role: 'store'; readonly network: string; readonly store: StoreId }
  /** Of a coordinator or gateway 16 bytes in hex; of an operator a word. */
  | {
      readonly role: 'coordinator' | 'gateway' | 'operator';
      readonly network: string;
      readonly id: string;
    };

const HEX_ID = /^[0-9a-f]{32}$/;
const OPERATOR = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const MAX_NAME_CHARACTERS = 200;

/** What a person recognises the holder by: the id, as in the certificate's CN. */
export function idOf(name: CertificateName): string {
  if (name.role === 'device') return name.device;
  return name.role === 'store' ? name.store : name.id;
}

/** "kura://NETWORK/device/MEMBER/DEVICE", "kura://NETWORK/ROLE/ID". */
export function formatName(name: CertificateName): string {
  const path = name.role === 'device' ? `${name.member}/${name.device}` : idOf(name);
  return `kura://${name.network}/${name.role}/${path}`;
}

function bad(): never {
  throw new KuraError('refused', 'the certificate names nothing of a Kura network', {
    guidance: 'Show a certificate that a Kura network has issued.',
    context: { reason: 'wrong role' },
  });
}

/** The reverse of `formatName`; throws `refused` for anything else. */
export function parseName(uri: string): CertificateName {
  if (uri.length > MAX_NAME_CHARACTERS || !uri.startsWith('kura://')) bad();
  const [network = '', role = '', id = '', device, ...more] = uri
    .slice('kura://'.length)
    .split('/');
  if (!HEX_ID.test(network) || more.length > 0) bad();
  if (role === 'device') {
    if (!HEX_ID.test(id) || device === undefined || !HEX_ID.test(device)) bad();
    return { role, network, member: memberId(id), device: deviceId(device) };
  }
  if (device !== undefined) bad();
  if (role === 'operator') return OPERATOR.test(id) ? { role, network, id } : bad();
  if (!HEX_ID.test(id)) bad();
  if (role === 'store') return { role, network, store: storeId(id) };
  return role === 'gateway' || role === 'coordinator' ? { role, network, id } : bad();
}

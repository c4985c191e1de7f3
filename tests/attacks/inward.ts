// Goal: who can reach the inward port of a store and is no gateway of its network gets no answer at all (B1, R34).
import { DAY_MS, deviceId, systemClock, systemRandom } from '@kura/base';
import type { CertificateName } from '@kura/certificates';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { NETWORK_ID, TestAuthority } from '../network/authority.ts';
import { type Attack, attackGroup } from './attack.ts';
import { askOverOldTls, askPlainly, askRaw, CLOSED, request } from './raw-caller.ts';
import { newKeyHolder, StoreScene } from './store-scene.ts';

const WHO_IS_THERE = request(
  `GET /v1/identity?challenge=${Buffer.from(systemRandom.bytes(32)).toString('base64url')}`,
);
const GATEWAY: CertificateName = { role: 'gateway', network: NETWORK_ID, id: 'ab'.repeat(16) };
const OPERATOR: CertificateName = { role: 'operator', network: NETWORK_ID, id: 'ada' };

function asking(
  name: string,
  identityOf: (scene: StoreScene) => TlsIdentity | undefined,
): Attack<StoreScene> {
  return {
    rows: 'R34',
    name,
    answer: CLOSED,
    play: (scene) => askRaw(scene.inwardAddress, WHO_IS_THERE, identityOf(scene)),
  };
}

const inward: readonly Attack<StoreScene>[] = [
  asking('shows no certificate', () => undefined),
  asking('shows one that it made itself', () => newKeyHolder().tls),
  asking("shows that of another network's gateway", () => new TestAuthority().gateway()),
  asking('shows that of a store', ({ place }) =>
    place.authority.identity({
      role: 'store',
      network: NETWORK_ID,
      store: place.identity.storeId,
    }),
  ),
  asking('shows that of a device', ({ place, around }) =>
    place.authority.identity({
      role: 'device',
      network: NETWORK_ID,
      member: around.alice.member,
      device: deviceId('dd'.repeat(16)),
    }),
  ),
  asking('shows that of an operator', ({ place }) => place.authority.identity(OPERATOR)),
  asking('shows that of a gateway, which has ended', ({ place }) =>
    place.authority.identity(GATEWAY, systemClock.nowMs() - 31 * DAY_MS),
  ),
  asking('shows that of a gateway, which has not begun', ({ place }) =>
    place.authority.identity(GATEWAY, systemClock.nowMs() + DAY_MS),
  ),
  {
    rows: 'R34',
    name: 'speaks HTTP without TLS',
    answer: CLOSED,
    play: (scene) => askPlainly(scene.inwardAddress, WHO_IS_THERE),
  },
  {
    rows: 'R9, R34',
    name: 'speaks TLS 1.2 with the certificate of a gateway',
    answer: CLOSED,
    play: ({ inwardAddress, place }) =>
      askOverOldTls(inwardAddress, WHO_IS_THERE, place.authority.gateway()),
  },
];

export const INWARD_ATTACKS = [
  attackGroup('the inward port of a store', () => StoreScene.open(), inward),
];

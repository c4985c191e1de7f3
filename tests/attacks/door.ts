// Goal: whoever dials in with a certificate that is false, foreign, at its end or withdrawn does not come in, is
// counted for the operator by address and by the name in the certificate, and harms the name of no store (A15).
import { X509Certificate } from 'node:crypto';
import { DAY_MS, systemAlarmClock, systemClock, systemRandom } from '@kura/base';
import { type CertificateName, newRequest, selfMade, serialOf } from '@kura/certificates';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import type { TlsIdentity } from '@kura/wire';
import { NETWORK_ID, TestAuthority } from '../network/authority.ts';
import { type Attack, attackGroup } from './attack.ts';
import { type Answered, askRaw, request } from './raw-caller.ts';
import { ServiceScene } from './service-scene.ts';

const REFUSED: Answered = '403 refused';
const LOOK_MS = 100;

const { path, answer } = GATEWAY_ENDPOINTS.dial;
const DIAL = request(
  `GET ${path}`,
  ...['Kura-Protocol: 1', 'Connection: Upgrade', `Upgrade: ${answer.protocol}`],
);

function storeIn(scene: ServiceScene): (network: string) => CertificateName {
  const { storeId: store } = scene.victim;
  return (network) => ({ role: 'store', network, store });
}

function dial({ service }: ServiceScene, identity: TlsIdentity): Promise<Answered> {
  return askRaw(service.address, DIAL, identity);
}

function dialling(
  name: string,
  identityOf: (scene: ServiceScene) => TlsIdentity,
): Attack<ServiceScene> {
  return {
    ...{ rows: 'R36', name, answer: REFUSED },
    play: (scene) => dial(scene, identityOf(scene)),
  };
}

function ownMade(): TlsIdentity {
  const { keyPem } = newRequest(systemRandom);
  return { keyPem, certificatePem: selfMade(keyPem, systemClock.nowMs()) };
}

/** Until the program has seen it: one that was open, or came before, is let in. */
async function withdrawn(scene: ServiceScene): Promise<Answered> {
  const identity = scene.certified(storeIn(scene));
  const serial = serialOf(new X509Certificate(identity.certificatePem));
  const nowMs = systemClock.nowMs();
  await scene.service.tables.transact(async (rows) => {
    await rows
      .insertInto('certificates')
      .values({
        ...{ serial, role: 'store', subject: 'stolen', key_hash: systemRandom.bytes(32) },
        ...{ issued_ms: nowMs, not_after_ms: nowMs + DAY_MS, revoked_ms: nowMs, why: 'stolen' },
      })
      .execute();
  });
  for (;;) {
    const how = await dial(scene, identity);
    if (how === REFUSED) return how;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void systemAlarmClock.after(LOOK_MS, resolve));
}

/** How the program tells its operator of one address that went on. */
async function incidentOf(scene: ServiceScene): Promise<string> {
  const { tables } = scene.service;
  const false_ = new TestAuthority().identity(storeIn(scene)(NETWORK_ID));
  for (;;) {
    await dial(scene, false_);
    const opened = await tables.kysely.selectFrom('impostor_incidents').selectAll().execute();
    const counted = await tables.kysely.selectFrom('impostor_calls').selectAll().execute();
    const reasons = new Set(counted.map(({ reason }) => reason));
    if (opened.length > 0 && reasons.size === 5) {
      return `${opened.length} incident of an ${opened[0]?.kind}: ${[...reasons].sort().join(', ')}`;
    }
    await pause();
  }
}

async function harmOf(scene: ServiceScene): Promise<string> {
  const { kysely } = scene.service.tables;
  const stores = await kysely.selectFrom('stores').select('state').distinct().execute();
  const failures = await kysely.selectFrom('store_failures').selectAll().execute();
  const incidents = await kysely.selectFrom('incidents').selectAll().execute();
  const states = stores.map(({ state }) => state).join(', ');
  return `${states}, ${failures.length} failures, ${incidents.length} incidents`;
}

const dials: readonly Attack<ServiceScene>[] = [
  dialling('made its certificate itself', ownMade),
  dialling('has a certificate of another authority that names a store', (scene) =>
    new TestAuthority().identity(storeIn(scene)(NETWORK_ID)),
  ),
  dialling("shows a store's certificate after its end", (scene) =>
    scene.certified(storeIn(scene), systemClock.nowMs() - 400 * DAY_MS),
  ),
  dialling('is a member, and dials in as a store', (scene) =>
    scene.certified((network) => scene.aliceIn(network)),
  ),
  {
    ...{ rows: 'R36', name: "shows a store's certificate that was withdrawn", answer: REFUSED },
    play: withdrawn,
  },
  {
    ...{ rows: 'R36', name: 'goes on, and the operator hears of it' },
    answer: '1 incident of an address: expired, foreign, revoked, self-made, wrong role',
    play: incidentOf,
  },
  {
    ...{ rows: 'R36', name: 'has used the name of a store, which is none the worse for it' },
    answer: 'active, 0 failures, 0 incidents',
    play: harmOf,
  },
];

export const DOOR_ATTACKS = [
  attackGroup('a door, by who is no store of the network', () => ServiceScene.open(), dials),
];

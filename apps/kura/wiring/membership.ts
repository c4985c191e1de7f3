// The services around a membership: devices, home, inbox, and the login of a device whose certificate has ended.
import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { RemoteMessage } from '@kura/agent/network/remote-account.ts';
import { KuraError, toHex } from '@kura/base';
import { keyHashOf } from '@kura/certificates/trust.ts';
import type { PlaceDescription } from '@kura/contract';
import { findCity, homeOf } from '@kura/coordinator/placement/cities.ts';
import type { LoginRequest } from '../commands/requests.ts';
import type { OpenNetwork } from '../embedded/open-network.ts';
import type { MembershipPort, MessageView } from '../member/port.ts';
import { readPointer } from '../network/home-pointer.ts';
import type { JoinedNetwork } from '../network/joined-network.ts';
import { logInAgain } from '../network/log-in.ts';
import { homeView } from './network-view.ts';
import type { Session } from './session.ts';

export async function membership(session: Session): Promise<MembershipPort> {
  const network = await session.own();
  return network.kind === 'service' ? memberOf(network) : ownerOf(network);
}

const placeAt = (text: string): PlaceDescription => homeOf(findCity(text));

function memberOf({ account, device, files, network }: JoinedNetwork): MembershipPort {
  const { certificatePem } = files.identity().cardTls;
  const cardKey = toHex(keyHashOf(new X509Certificate(certificatePem)));
  return {
    devices: async () =>
      (await account.devices()).map((one) => ({
        ...one,
        place: one.place && homeView(one.place),
        isThis:
          one.kind === 'card' ? cardKey.startsWith(one.deviceId) : one.deviceId === device.deviceId,
      })),
    removeDevice: (id) => account.removeDevice(id),
    placeDevice: async (id, text) => {
      const place = text === undefined ? undefined : placeAt(text);
      await account.placeDevice(id, place);
      return place && homeView(place);
    },
    home: async () => homeView(network.home),
    setHome: async (text) => {
      const home = placeAt(text);
      await account.setHome(home);
      return homeView(home);
    },
    inbox: async function* (after) {
      for await (const message of account.inbox(after)) yield messageView(message);
    },
    noteRead: (upTo) => account.noteRead(upTo),
    webhook: async () => {
      const { url, isOn, setMs, waiting, failingMs, why } = await account.webhook();
      return { url, isOn, setMs, waiting, failingMs, why };
    },
    setWebhook: (url) => account.setWebhook(url),
    clearWebhook: () => account.clearWebhook(),
  };
}

/** The only device is this one, and what there is to know of it is in the tables here. */
function ownerOf({ coordinator, device, network }: OpenNetwork): MembershipPort {
  const refuse = (): never => {
    throw noMembership();
  };
  return {
    devices: async () => [
      {
        ...{ deviceId: device.deviceId, kind: 'device', name: hostname() },
        ...{ addedMs: undefined, revokedMs: undefined, isThis: true },
        place: network.device && homeView(network.device),
      },
    ],
    removeDevice: refuse,
    placeDevice: async (id, text) => {
      const place = text === undefined ? undefined : placeAt(text);
      await coordinator.setDevicePlace(id, place);
      return place && homeView(place);
    },
    home: async () => homeView(network.home),
    setHome: async (text) => {
      const home = placeAt(text);
      await coordinator.setHome(home);
      return homeView(home);
    },
    inbox: refuse,
    noteRead: refuse,
    webhook: refuse,
    setWebhook: refuse,
    clearWebhook: refuse,
  };
}

function messageView({ body, ...message }: RemoteMessage): MessageView {
  return { ...message, facts: factsIn(body) };
}

/** A message that this version cannot read is shown as it is. */
function factsIn(body: string): MessageView['facts'] {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null) return { body };
    return Object.fromEntries(
      Object.entries(json).map(([name, value]: [string, unknown]) => [name, factOf(value)]),
    );
  } catch {
    return { body };
  }
}

function factOf(value: unknown): MessageView['facts'][string] {
  const isPlain =
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    value === null;
  return isPlain ? value : JSON.stringify(value);
}

/** Nothing of the network is opened before: it would refuse the old certificate. */
export async function login(session: Session, request: LoginRequest): Promise<string> {
  const { settings, surroundings } = session;
  const pointer = readPointer(surroundings.disk, settings.home);
  if (pointer === undefined) throw noMembership();
  return await logInAgain(
    {
      pointer,
      passphrase: () => settings.secrets.passphrase(),
      environment: settings.environment,
      deviceName: request.device,
      loginPassphrase: request.loginPassphrase,
    },
    surroundings,
  );
}

function noMembership(): KuraError {
  return new KuraError('unsupported', 'a network of your own folders has no members', {
    guidance: 'Join one that somebody runs: kura join --account NAME',
  });
}

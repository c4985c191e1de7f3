// The endpoints of `contract/wire/endpoints/account.ts`: from a call to the function of its noun and back.
import { hash } from 'node:crypto';
import { KuraError, toHex } from '@kura/base';
import { refusal } from '@kura/certificates';
import type { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { transact } from '@kura/database';
import type { Caller, Handlers } from '@kura/wire';
import { enrol, enrolmentTerms } from '../authority/enrol.ts';
import { renewCertificate } from '../authority/renew.ts';
import { lastList } from '../authority/revocations.ts';
import { noticeOf, type Service } from '../authority/service.ts';
import type { MemberRows } from '../db/tables.ts';
import { noteRead, readInbox } from '../inbox/inbox.ts';
import { readDevicePlaces } from '../members/device-places.ts';
import { changeHome } from '../members/members.ts';
import { readJournal } from '../sessions/journal.ts';
import { clearHook, setHook, showHook } from '../webhooks/member-hooks.ts';
import { placeDevice, readDevices, removeDevice } from './devices.ts';
import { finishJoin, startJoin } from './join.ts';
import { finishLogin, type Origin, startLogin } from './login.ts';
import { putCard } from './put-card.ts';

type Holder = Extract<Caller, { readonly kind: 'certified' }>;

/** The edge has looked at the role; this tells the compiler. */
function holderOf(caller: Caller): Holder {
  if (caller.kind === 'certified') return caller;
  throw refusal('none', 'only a member of the network may ask this');
}

function originOf(caller: Caller): Origin {
  const { address } = caller;
  return { address, keyHash: caller.kind === 'nobody' ? undefined : caller.keyHash };
}

type AccountHandlers = Handlers<typeof ACCOUNT_ENDPOINTS>;
/** Of those who do not belong to the network yet, or whose certificate ends. */
type EntryName =
  | 'joinStart'
  | 'joinFinish'
  | 'loginStart'
  | 'loginFinish'
  | 'enrolmentTerms'
  | 'enrol'
  | 'renewCertificate'
  | 'revocations';

export interface AccountOffers {
  /** Whether members' own addresses are called. */
  readonly memberWebhooks?: boolean | undefined;
}

export function accountHandlers(service: Service, offers: AccountOffers = {}): AccountHandlers {
  return {
    ...entryHandlers(service),
    ...memberHandlers(service),
    ...hookHandlers(service, offers),
  };
}

function entryHandlers(service: Service): Pick<AccountHandlers, EntryName> {
  const issued = (certificatePem: string) => ({ certificatePem, network: noticeOf(service) });
  return {
    joinStart: async ({ body }) => ({ registrationResponse: await startJoin(service, body) }),
    joinFinish: async ({ body }) => issued(await finishJoin(service, body)),
    loginStart: ({ body, caller }) => startLogin(service, { ...body, from: originOf(caller) }),
    loginFinish: async ({ body }) => {
      const { memberId, certificatePem } = await finishLogin(service, body);
      return { ...issued(certificatePem), memberId };
    },
    enrolmentTerms: async ({ body }) => {
      const { shape, suite } = await enrolmentTerms(service, body.token);
      const { leafBytes, packLeaves, windowLeaves } = shape;
      return { network: noticeOf(service), leafBytes, packLeaves, windowLeaves, suite };
    },
    enrol: async ({ body }) => {
      const { certificatePem, gatewaySecret } = await enrol(service, body);
      return { ...issued(certificatePem), gatewaySecret };
    },
    renewCertificate: async ({ body, caller }) => {
      const { name, serial } = holderOf(caller);
      return issued(await renewCertificate(service, { ...body, name, serial }));
    },
    revocations: async () => {
      const last = await lastList(service.network.database.kysely);
      if (last === undefined) throw new KuraError('not_found', 'nothing was ever revoked here');
      return { bytes: last.list, sha256: new Uint8Array(hash('sha256', last.list, 'buffer')) };
    },
  };
}

type HookName = 'webhook' | 'setWebhook' | 'clearWebhook';

/** Whose device asks; the edge has looked at the role. */
function memberOf({ network }: Service, caller: Caller): MemberRows {
  const { name } = holderOf(caller);
  if (name.role !== 'device') throw refusal('wrong role', 'only a device may ask this');
  return { rows: network.database.kysely, memberId: name.member };
}

function hookHandlers(
  service: Service,
  { memberWebhooks = false }: AccountOffers,
): Pick<AccountHandlers, HookName> {
  const { network, keys } = service;
  const nowMs = (): number => network.clock.nowMs();
  return {
    webhook: ({ caller }) => showHook(memberOf(service, caller), nowMs()),
    setWebhook: async ({ body, caller }) => {
      if (!memberWebhooks) {
        throw new KuraError('unsupported', "this network calls no member's webhook", {
          guidance: 'Its operator would have to offer it; mail and `kura inbox` tell the same.',
        });
      }
      const { memberId } = memberOf(service, caller);
      const setMs = await transact(network.database, (rows) =>
        setHook({ rows, memberId }, body.url, nowMs()),
      );
      return { secret: toHex(keys.hookSecretOf(memberId, setMs)) };
    },
    clearWebhook: async ({ caller }) => {
      const { memberId } = memberOf(service, caller);
      await transact(network.database, (rows) => clearHook({ rows, memberId }, nowMs()));
      return undefined;
    },
  };
}

function memberHandlers(service: Service): Omit<AccountHandlers, EntryName | HookName> {
  const { network, networkId } = service;
  const nowMs = (): number => network.clock.nowMs();
  const noting = () => ({ random: network.random, nowMs: nowMs() });
  const change = async (
    caller: Caller,
    work: (of: MemberRows) => Promise<void>,
  ): Promise<undefined> => {
    const { memberId } = memberOf(service, caller);
    await transact(network.database, (rows) => work({ rows, memberId }));
    return undefined;
  };
  return {
    setHome: ({ body, caller }) => change(caller, (of) => changeHome(of, body, nowMs())),
    devices: async ({ caller }) => {
      const places = await readDevicePlaces(memberOf(service, caller));
      return {
        devices: (await readDevices(memberOf(service, caller))).map((device) => ({
          deviceId: device.device_id,
          kind: device.kind,
          name: device.name,
          addedMs: device.added_ms,
          revokedMs: device.revoked_ms ?? undefined,
          place: places.get(device.device_id),
        })),
      };
    },
    placeDevice: ({ params, body, caller }) =>
      change(caller, (of) =>
        placeDevice(of, { deviceId: params.device, place: body, nowMs: nowMs() }),
      ),
    clearDevicePlace: ({ params, caller }) =>
      change(caller, (of) =>
        placeDevice(of, { deviceId: params.device, place: undefined, nowMs: nowMs() }),
      ),
    putCard: ({ body, caller }) =>
      change(caller, (of) => putCard(of, { ...body, network: networkId }, noting())),
    removeDevice: ({ params, caller }) =>
      change(caller, (of) =>
        removeDevice(of, { deviceId: params.device, network: networkId }, noting()),
      ),
    journal: async ({ query, caller }) => {
      const entries = await readJournal(memberOf(service, caller), query.limit);
      return {
        entries: entries.map((entry) => ({ ...entry, figures: JSON.stringify(entry.figures) })),
      };
    },
    inbox: async ({ query, caller }) => ({
      messages: await readInbox(memberOf(service, caller), query),
    }),
    readInbox: ({ body, caller }) =>
      change(caller, (of) => noteRead(of, { upTo: body.upTo, nowMs: nowMs() })),
  };
}

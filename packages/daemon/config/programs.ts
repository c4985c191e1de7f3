// The configuration of each program: what docs/design/programs.md shows as TOML, with bounds and defaults.
import { parseAddress } from '@kura/wire/address.ts';
import { type ConfigOf, configSchema, optionalSection, section } from './schema.ts';
import {
  address,
  maybe,
  number,
  oneOf,
  path,
  secretPath,
  texts,
  url,
  wholeNumber,
  withDefault,
  word,
  yesOrNo,
} from './setting.ts';

export const PROGRAM_ROLES = ['coordinator', 'gateway', 'store', 'reader', 'witness'] as const;
export type ProgramRole = (typeof PROGRAM_ROLES)[number];

const MAX_MIB_S = 1_000_000;
const MAX_GIB = 1_000_000_000;

/** `secrets/`, certificates and state of a program lie under `state`. */
const top = <const R extends ProgramRole>(role: R) => ({ role: oneOf([role]), state: path });

/** `public`: how others reach it; as `address` if left out. */
const listen = { address, public: maybe(address) };
type ListenConfig = ConfigOf<typeof listen, Record<never, never>>;
const database = section({ url: url(['postgres', 'postgresql'], { orPath: true }) });
const bandwidth = {
  /** 0: no limit. */
  receiveMibS: withDefault(number({ min: 0, max: MAX_MIB_S }), 0),
  sendMibS: withDefault(number({ min: 0, max: MAX_MIB_S }), 0),
};
const limits = section(bandwidth);
/** 18 TiB in 14 days, and a disk that has room for others. */
const SCRUB_MIB_S = 16;
const storeLimits = section({
  ...bandwidth,
  /** Of the store's own check. */
  scrubMibS: withDefault(number({ min: 0, max: MAX_MIB_S }), SCRUB_MIB_S),
});
const HEALTH_ADDRESS = '127.0.0.1:9443';
const health = section({ address: withDefault(address, HEALTH_ADDRESS) });
/** A strict store has no port at all unless its file asks for one: see `healthAddressOf`. */
const storeHealth = section({ address: maybe(address) });
const gatewaySettings = {
  receiveBufferMib: withDefault(wholeNumber({ min: 32, max: 65_536 }), 160),
  spoolGib: withDefault(number({ min: 0, max: 65_536 }), 8),
  /** How long the day of audits is; shorter only to try them out, and the same at all gateways. */
  auditDayS: withDefault(wholeNumber({ min: 10, max: 86_400 }), 86_400),
};

/** Live feeds of hazards; without the section nothing outside the network is ever asked. */
const hazards = optionalSection({
  enabled: withDefault(yesOrNo, true),
  /** An address that a feed's operator can write to: NWS and JMA want to know who asks. */
  contact: word({ maxLength: 254 }),
  /** Names of the catalogue; all if left out. */
  feeds: maybe(texts({ maxItems: 32, maxLength: 40 })),
  /** "NAME https://ADDRESS [SECONDS]" */
  capFeeds: maybe(texts({ maxItems: 64, maxLength: 2048 })),
  proxy: maybe(url(['http'])),
  authority: maybe(path),
  baseRisk: maybe(path),
});

/** What others are told must be where they can come: not "any address of this machine", and not "any port". */
function listenRules({ address: given, public: shown }: ListenConfig): string[] {
  const { host, port } = parseAddress(shown ?? given);
  const isReachable = port !== 0 && host !== '0.0.0.0' && !/^[:0]*$/.test(host);
  if (isReachable) return [];
  return ['"listen.public" must say how others reach this program: host and port'];
}

const shelf = section({
  kind: withDefault(oneOf(['folder', 's3']), 'folder'),
  /** Of a folder shelf: the folder. Of an S3 shelf: where what never leaves the machine lies. */
  path,
  bucket: maybe(word({ maxLength: 63 })),
  endpoint: maybe(url(['https', 'http'])),
  region: withDefault(word({ maxLength: 64 }), 'us-east-1'),
  accessKeyFile: maybe(secretPath),
  secretKeyFile: maybe(secretPath),
});

type ShelfConfig = ConfigOf<Record<never, never>, { shelf: typeof shelf }>['shelf'];

function shelfRules({
  kind,
  bucket,
  endpoint,
  accessKeyFile,
  secretKeyFile,
}: ShelfConfig): string[] {
  if (kind === 'folder') return [];
  const needed = {
    bucket,
    endpoint,
    access_key_file: accessKeyFile,
    secret_key_file: secretKeyFile,
  };
  return Object.entries(needed).flatMap(([key, value]) =>
    value === undefined ? [`a shelf of kind "s3" needs "shelf.${key}"`] : [],
  );
}

const mail = optionalSection({
  relay: url(['smtp', 'smtps']),
  from: word({ maxLength: 254 }),
  /** Goes on over TLS before anything is said, and sends nothing without. */
  starttls: withDefault(yesOrNo, false),
  user: maybe(word({ maxLength: 254 })),
  passwordFile: maybe(secretPath),
  /** PEM: who judges the relay's certificate, instead of the system's authorities. */
  authorities: maybe(path),
});
type MailConfig = ConfigOf<Record<never, never>, { mail: typeof mail }>['mail'];

function mailRules(given: MailConfig): string[] {
  if (given === undefined) return [];
  const { relay, starttls, user, passwordFile } = given;
  const isTls = relay.startsWith('smtps:');
  return [
    ...((user === undefined) === (passwordFile === undefined)
      ? []
      : ['"mail.user" and "mail.password_file" belong together']),
    ...(user === undefined || isTls || starttls
      ? []
      : ['a password goes over TLS only: "mail.relay" with smtps://, or "mail.starttls = true"']),
    ...(isTls && starttls ? ['"mail.starttls" is for a relay with smtp://'] : []),
  ];
}

/** From how often on somebody who is not who they should be is an incident: the same at all programs of a network. */
const incidents = section({
  /** Failures of a store in 30 days, one an hour at most. */
  rogueAfter: withDefault(wholeNumber({ min: 1, max: 1000 }), 3),
  /** Calls with a false certificate, from one address or in one store's name, within two days. */
  impostorsAfter: withDefault(wholeNumber({ min: 1, max: 1_000_000 }), 10),
});

/** A program of the operator's that is told of incidents. */
const webhook = optionalSection({
  /** https, or http to this machine. */
  url: url(['https', 'http']),
  /** Its first line signs what is sent. */
  secretFile: secretPath,
  /** PEM: who judges the server's certificate, instead of the system's authorities. */
  authorities: maybe(path),
});

/** All that each member has is audited once a month; without the section there is no closing day. */
const validity = optionalSection({
  /** Of the month, UTC; one that every month has. */
  closingDay: withDefault(wholeNumber({ min: 1, max: 28 }), 1),
  /** Until then what is away is waited for, and what is lost is made anew. */
  deadlineDays: withDefault(wholeNumber({ min: 1, max: 27 }), 7),
  /** How long a statement is open to objections. */
  objectionDays: withDefault(wholeNumber({ min: 1, max: 90 }), 14),
});

/** Members' own webhooks; without the section nobody's address is ever called. */
const memberWebhooks = optionalSection({
  enabled: withDefault(yesOrNo, true),
  /** "10.1.0.0/16": blocks that may be called although they are not public. */
  allow: maybe(texts({ maxItems: 32, maxLength: 64 })),
  /** PEM: who judges the servers' certificates, instead of the system's authorities. */
  authorities: maybe(path),
});

export const COORDINATOR_CONFIG = configSchema(
  top('coordinator'),
  {
    listen: section(listen),
    database,
    authority: optionalSection({ certificate: path, key: secretPath }),
    limits,
    gateway: section({ enabled: withDefault(yesOrNo, true), ...gatewaySettings }),
    incidents,
    mail,
    webhook,
    memberWebhooks,
    validity,
    hazards,
    health,
  },
  (value) => [...listenRules(value.listen), ...mailRules(value.mail)],
);

export const GATEWAY_CONFIG = configSchema(
  top('gateway'),
  {
    listen: section(listen),
    database,
    limits,
    gateway: section(gatewaySettings),
    incidents,
    health,
  },
  (value) => listenRules(value.listen),
);

export const STORE_CONFIG = configSchema(
  top('store'),
  {
    listen: optionalSection(listen),
    shelf,
    store: section({
      kind: oneOf(['card-readable', 'strict']),
      place: word({ maxLength: 128 }),
      lineMbit: wholeNumber({ min: 1, max: 10_000_000 }),
      capacityGib: number({ min: 1, max: MAX_GIB }),
      rank: withDefault(wholeNumber({ min: 1, max: 3 }), 1),
      operator: word({ maxLength: 128 }),
      /** Of its reader, as members reach it. */
      reader: maybe(address),
    }),
    /** A file in which whatever watches the UPS says how the store lives: see docs/operate/hazards.md. */
    power: optionalSection({ stateFile: path }),
    limits: storeLimits,
    health: storeHealth,
  },
  ({ listen: inward, shelf: shelfValue, store: { kind, reader } }) => [
    ...shelfRules(shelfValue),
    ...(kind === 'strict' && inward !== undefined
      ? ['a strict store has no listening port: remove the section "listen"']
      : []),
    ...(kind === 'card-readable' && inward === undefined
      ? ['a card-readable store needs the section "listen": its inward address']
      : []),
    ...(kind === 'card-readable' && reader === undefined
      ? ['a card-readable store needs "store.reader": where members reach its reader']
      : []),
  ],
);

export const READER_CONFIG = configSchema(
  top('reader'),
  {
    ...{ listen: section(listen), shelf, limits, health },
    /** On which address of this machine neighbours may ask for it (docs/design/finding.md). */
    nearby: optionalSection({ address: word({ maxLength: 64 }) }),
  },
  ({ shelf: shelfValue, nearby }) => [
    ...shelfRules(shelfValue),
    ...(nearby !== undefined && shelfValue.kind !== 'folder'
      ? ['the reader of a bucket cannot be found nearby: remove the section "nearby"']
      : []),
  ],
);

export const WITNESS_CONFIG = configSchema(top('witness'), {
  /** Plain HTTP: what is answered is signed; TLS is a reverse proxy's. */
  listen: section({ address }),
  witness: section({
    /** Of its key, for ever: an address without a scheme. */
    name: word({ maxLength: 255 }),
    /** A file: the verifier keys of the logs that it serves, one a line. */
    logs: path,
  }),
  health,
});

/** By `role`, as the first line of the file says it. */
export const CONFIGS = {
  coordinator: COORDINATOR_CONFIG,
  gateway: GATEWAY_CONFIG,
  store: STORE_CONFIG,
  reader: READER_CONFIG,
  witness: WITNESS_CONFIG,
} as const satisfies Readonly<Record<ProgramRole, unknown>>;

type ValueOfSchema<S> = S extends { readonly rules: (value: infer T) => readonly string[] }
  ? T
  : never;
export type CoordinatorConfig = ValueOfSchema<typeof COORDINATOR_CONFIG>;
export type GatewayConfig = ValueOfSchema<typeof GATEWAY_CONFIG>;
export type StoreConfig = ValueOfSchema<typeof STORE_CONFIG>;
export type ReaderConfig = ValueOfSchema<typeof READER_CONFIG>;
export type WitnessConfig = ValueOfSchema<typeof WITNESS_CONFIG>;
/** `role` says which. */
export type ProgramConfig =
  | CoordinatorConfig
  | GatewayConfig
  | StoreConfig
  | ReaderConfig
  | WitnessConfig;

/** Of the health pages; undefined for a strict store whose file names none: then nothing listens. */
export function healthAddressOf(config: ProgramConfig): string | undefined {
  const isStrict = config.role === 'store' && config.store.kind === 'strict';
  return config.health.address ?? (isStrict ? undefined : HEALTH_ADDRESS);
}

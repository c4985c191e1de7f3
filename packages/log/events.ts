// What happened to data in custody, one leaf of the log per event: accepted, moved, repaired, deleted, a key changed,
// settled, an incident. The member gets the body; the log gets the salted hash of it. The events of one member form a
// chain, because each names the one before, so that none can be left out without a gap that shows.
//
// The receipt of a snapshot (receipts.ts) is older than this form and stays valid: it is an acceptance outside
// the chain.
import { assert, KuraError, type MemberId, type StoreId, utf8 } from '@kura/base';
import { ACCEPTED_FIELDS, type AcceptedSubject, readAccepted } from './accepted.ts';
import { BodyFields } from './body-fields.ts';
import { canonicalJson, type JsonValue, parseCanonicalJson } from './canonical-json.ts';
import { parseHolders, type ReceiptStore } from './holders.ts';

export const EVENT_KIND = 'kura/1 custody event';
export const MAX_EVENT_BYTES = 64 * 1024;

/** Copies stand at another store: all of one finished move, or of one repair after a loss. */
export interface MovedSubject {
  readonly packCount: number;
  /** Head over the sorted ids of these packs, hex. */
  readonly packSetRoot: string;
  /** The store whose copies are given up or lost; null if copies were only added. */
  readonly from: StoreId | null;
  readonly to: ReceiptStore;
}

export interface DeletedSubject {
  readonly packCount: number;
  readonly packSetRoot: string;
  /** Every store that had copies, ascending by store id, each with what it signed. */
  readonly stores: readonly DeletionConfirmed[];
}

export interface DeletionConfirmed {
  readonly storeId: StoreId;
  /** SHA-256 of the store's signed confirmation, hex. */
  readonly confirmation: string;
}

export const CHANGED_KEYS = ['copy-key', 'card', 'device-certificate'] as const;

export interface KeyChangedSubject {
  readonly what: (typeof CHANGED_KEYS)[number];
  /** Names the store, card or device whose key it is, hex. */
  readonly which: string;
  /** SHA-256 of the new public key or key epoch, hex; null if the old one was withdrawn and none follows. */
  readonly newKeyHash: string | null;
}

export interface SettledSubject {
  /** SHA-256 of the statement, hex. */
  readonly statement: string;
}

export interface IncidentSubject {
  /** 16 bytes, hex. */
  readonly incidentId: string;
  /** SHA-256 of the evidence bundle, hex. */
  readonly evidence: string;
}

export interface EventSubjects {
  readonly accepted: AcceptedSubject;
  readonly moved: MovedSubject;
  readonly repaired: MovedSubject;
  readonly deleted: DeletedSubject;
  readonly 'key-changed': KeyChangedSubject;
  readonly settled: SettledSubject;
  readonly incident: IncidentSubject;
}

export type EventName = keyof EventSubjects;
export const EVENT_NAMES = [
  'accepted',
  'moved',
  'repaired',
  'deleted',
  'key-changed',
  'settled',
  'incident',
] as const satisfies readonly EventName[];

export interface EventHead {
  readonly memberId: MemberId;
  /** By the coordinator's clock, milliseconds since 1970. */
  readonly timeMs: number;
  /** Entry hash (RFC 6962) of this member's event before, hex; null for the first. */
  readonly previous: string | null;
  /** 32 random bytes, hex: makes the leaf a hiding commitment. */
  readonly salt: string;
}

/** `{ event: 'moved', subject: MovedSubject, … }` and so on, one for each name. */
export type CustodyEvent = {
  readonly [Name in EventName]: EventHead & {
    readonly event: Name;
    readonly subject: EventSubjects[Name];
  };
}[EventName];

const NOUN = 'custody event';
const EVENT_FIELDS = [
  'kind',
  'event',
  'memberId',
  'timeMs',
  'previous',
  'salt',
  'subject',
] as const;

/** The text that is hashed, kept and shown. */
export function formatEvent(event: CustodyEvent): string {
  const text = canonicalJson({
    kind: EVENT_KIND,
    event: event.event,
    memberId: event.memberId,
    timeMs: event.timeMs,
    previous: event.previous,
    salt: event.salt,
    subject: event.subject as unknown as JsonValue,
  });
  assert(utf8(text).length <= MAX_EVENT_BYTES, 'a custody event longer than its bound');
  parseEvent(text);
  return text;
}

/** Throws `refused` unless this is the body of a custody event, written as `formatEvent` does. */
export function parseEvent(body: string): CustodyEvent {
  if (body.length > MAX_EVENT_BYTES) {
    throw new KuraError('refused', `the ${NOUN} is refused: it is too long`);
  }
  const fields = new BodyFields(parseCanonicalJson(body, NOUN), {
    noun: NOUN,
    names: EVENT_FIELDS,
  });
  if (fields.value('kind') !== EVENT_KIND) fields.refuse('it is of an unknown kind');
  const event = fields.oneOf('event', EVENT_NAMES);
  const head: EventHead = {
    memberId: fields.hex('memberId', 16) as MemberId,
    timeMs: fields.count('timeMs'),
    previous: fields.hexOrNull('previous', 32),
    salt: fields.hex('salt', 32),
  };
  const subject = SUBJECTS[event](fields.value('subject'));
  return { ...head, event, subject } as CustodyEvent;
}

const SUBJECTS: {
  readonly [Name in EventName]: (value: JsonValue | undefined) => EventSubjects[Name];
} = {
  accepted: (value) => {
    const fields = new BodyFields(value, { noun: NOUN, names: ACCEPTED_FIELDS });
    return readAccepted(fields, NOUN);
  },
  moved: parseMoved,
  repaired: parseMoved,
  deleted: parseDeleted,
  'key-changed': parseKeyChanged,
  settled: (value) => ({
    statement: new BodyFields(value, { noun: NOUN, names: ['statement'] }).hex('statement', 32),
  }),
  incident: parseIncident,
};

function parseMoved(value: JsonValue | undefined): MovedSubject {
  const fields = new BodyFields(value, {
    noun: NOUN,
    names: ['packCount', 'packSetRoot', 'from', 'to'],
  });
  const [to] = parseHolders([fields.value('to') ?? null], NOUN);
  return {
    packCount: fields.count('packCount'),
    packSetRoot: fields.hex('packSetRoot', 32),
    from: fields.hexOrNull('from', 16) as StoreId | null,
    to: to ?? fields.refuse('it names no store'),
  };
}

function parseDeleted(value: JsonValue | undefined): DeletedSubject {
  const fields = new BodyFields(value, {
    noun: NOUN,
    names: ['packCount', 'packSetRoot', 'stores'],
  });
  let before = '';
  const stores = fields.list('stores').map((entry): DeletionConfirmed => {
    const store = new BodyFields(entry, { noun: NOUN, names: ['storeId', 'confirmation'] });
    const storeId = store.hex('storeId', 16) as StoreId;
    if (storeId <= before) fields.refuse('its stores are out of order');
    before = storeId;
    return { storeId, confirmation: store.hex('confirmation', 32) };
  });
  return {
    packCount: fields.count('packCount'),
    packSetRoot: fields.hex('packSetRoot', 32),
    stores,
  };
}

function parseKeyChanged(value: JsonValue | undefined): KeyChangedSubject {
  const fields = new BodyFields(value, { noun: NOUN, names: ['what', 'which', 'newKeyHash'] });
  const which = fields.text('which');
  if (!/^(?:[0-9a-f]{2}){1,32}$/.test(which)) fields.refuse('"which" is not an id');
  return {
    what: fields.oneOf('what', CHANGED_KEYS),
    which,
    newKeyHash: fields.hexOrNull('newKeyHash', 32),
  };
}

function parseIncident(value: JsonValue | undefined): IncidentSubject {
  const fields = new BodyFields(value, { noun: NOUN, names: ['incidentId', 'evidence'] });
  return { incidentId: fields.hex('incidentId', 16), evidence: fields.hex('evidence', 32) };
}

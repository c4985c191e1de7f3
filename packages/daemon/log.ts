// What a program says while it runs: one JSON object a line, of known fields only. A field that is not in the
// table below is dropped, so that a secret cannot slip in under a new name.
import { type Clock, isoTime } from '@kura/base';

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogValue = string | number | boolean;
export type LogFields = Readonly<Record<string, LogValue | undefined>>;

export interface Log {
  event(level: LogLevel, name: string, fields?: LogFields): void;
}

/** whole: as it is · short: the first 8 characters, enough to find a row, not to know a person. */
type Shown = 'whole' | 'short';

/** Never a token, ticket, key, passphrase, name of a file or body. */
const FIELDS: Readonly<Record<string, Shown>> = {
  requestId: 'whole',
  endpoint: 'whole',
  role: 'whole',
  status: 'whole',
  code: 'whole',
  reason: 'whole',
  why: 'whole',
  guidance: 'whole',
  member: 'short',
  device: 'short',
  pseudonym: 'short',
  session: 'short',
  store: 'whole',
  gateway: 'whole',
  coordinator: 'whole',
  operator: 'whole',
  pack: 'short',
  copy: 'short',
  snapshot: 'short',
  warrant: 'short',
  serial: 'whole',
  address: 'whole',
  sizeBytes: 'whole',
  receivedBytes: 'whole',
  sentBytes: 'whole',
  freeBytes: 'whole',
  durationMs: 'whole',
  count: 'whole',
  copies: 'whole',
  packs: 'whole',
  leaves: 'whole',
  epoch: 'whole',
  number: 'whole',
  lease: 'whole',
  state: 'whole',
  version: 'whole',
  untilMs: 'whole',
  attempt: 'whole',
  signal: 'whole',
  feed: 'whole',
  stance: 'whole',
  city: 'whole',
  log: 'whole',
  witness: 'whole',
};

const SHORT_CHARACTERS = 8;
const MAX_CHARACTERS = 512;
/** Looked through for secrets; what is behind is cut off anyway. */
const MAX_READ_CHARACTERS = 4096;

/** What was signed or sealed for somebody, in whatever text it turns up, and what is shown of it. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\bk[tg]1\.[A-Za-z0-9_-]+/g, '…'],
  [/kura-invite:\S+/g, 'kura-invite:…'],
  [/-----BEGIN[^-]*PRIVATE KEY-----[\s\S]*?(?:-----END[^-]*-----|$)/g, '…'],
  [/(\w+:\/\/[^\s:/@]*:)[^\s@]+(?=@)/g, '$1…'],
];

/** Text that may go into a log: no secret that can be told by its form, and bounded. */
export function redact(text: string): string {
  let shown = text.slice(0, MAX_READ_CHARACTERS);
  for (const [pattern, instead] of SECRETS) shown = shown.replace(pattern, instead);
  return shown.slice(0, MAX_CHARACTERS);
}

export interface LogOptions {
  readonly program: string;
  readonly clock: Clock;
  readonly level: LogLevel;
  readonly write: (line: string) => void;
}

export class JsonLog implements Log {
  readonly #options: LogOptions;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  event(level: LogLevel, name: string, fields: LogFields = {}): void {
    const { program, clock, level: least, write } = this.#options;
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    const known = Object.entries(fields).flatMap(([field, value]) => {
      const shown = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
      return shown === undefined || value === undefined
        ? []
        : [[field, cut(value, shown)] as const];
    });
    const time = isoTime(clock.nowMs());
    const line = { time, level, program, event: redact(name), ...Object.fromEntries(known) };
    write(`${JSON.stringify(line)}\n`);
  }
}

function cut(value: LogValue, shown: Shown): LogValue {
  if (typeof value !== 'string') return value;
  return shown === 'short' ? value.slice(0, SHORT_CHARACTERS) : redact(value);
}

// A mail relay and mail addresses, as texts of a configuration name them.
import { KuraError } from '@kura/base';

export interface MailRelay {
  readonly host: string;
  readonly port: number;
  /** From the first byte on. */
  readonly isTls: boolean;
  /** Begins in clear and goes on over TLS before anything is said; without TLS nothing is sent. */
  readonly startTls?: boolean;
  /** PEM of the authorities that judge its certificate; default: the system's. */
  readonly ca?: string | undefined;
  /** Given over TLS only. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
}

const PORTS = { 'smtp:': 25, 'smtps:': 465 } as const;
export const MAIL_ADDRESS = /^[^\s<>"@\p{Cc}]{1,64}@[^\s<>"@\p{Cc}]{1,189}$/u;

/** Without a name: "grace@example.org". Throws `usage`. */
export function parseMailAddress(text: string): string {
  if (MAIL_ADDRESS.test(text)) return text;
  throw new KuraError('usage', `"${text.slice(0, 80)}" is no mail address`, {
    guidance: 'Write it without a name: grace@example.org',
  });
}

/** Throws `usage` unless it is "smtp://host[:port]" or "smtps://host[:port]". */
export function parseRelay(text: string): MailRelay {
  const url = URL.parse(text);
  const isKnown = url?.protocol === 'smtp:' || url?.protocol === 'smtps:';
  if (url === null || !isKnown || url.hostname === '') {
    throw new KuraError('usage', `"${text.slice(0, 80)}" is no mail relay`, {
      guidance: 'Write smtp://host:25, or smtps://host:465 for TLS.',
    });
  }
  const protocol = url.protocol as keyof typeof PORTS;
  const port = url.port === '' ? PORTS[protocol] : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, isTls: protocol === 'smtps:' };
}

// What serves one endpoint: gets a call that has passed every check of the edge, gives the answer.
import type { Duplex } from 'node:stream';
import type {
  BodyOf,
  Endpoint,
  FieldsOf,
  JsonBody,
  NoBody,
  RawBody,
  Upgrade,
} from '@kura/contract/wire/endpoint.ts';
import type { BodySource, IncomingBody } from '../body.ts';
import type { Caller } from './caller.ts';

export interface IncomingCall<E extends Endpoint> {
  readonly params: FieldsOf<E['parameters']>;
  readonly query: FieldsOf<E['query']>;
  /** A raw body must be read or the connection ends with the answer. */
  readonly body: E['request'] extends RawBody
    ? IncomingBody
    : E['request'] extends JsonBody<unknown>
      ? BodyOf<E['request']>
      : undefined;
  readonly caller: Caller;
  /** "Kura kt1.…" as it came, at most 1 KiB. */
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Aborted when the caller is gone, the deadline is over or the server stops. */
  readonly signal: AbortSignal;
}

/** Takes the connection over after `101`. */
export type TakeOver = (connection: Duplex) => void;

export type ReplyOf<E extends Endpoint> = E['answer'] extends RawBody
  ? BodySource
  : E['answer'] extends JsonBody<unknown>
    ? BodyOf<E['answer']>
    : E['answer'] extends Upgrade
      ? TakeOver
      : E['answer'] extends NoBody
        ? undefined
        : never;

/** A handler that answers nothing need not say so. */
type Nothing<R> = R extends undefined ? Promise<void> : never;

export type Handler<E extends Endpoint> = (
  call: IncomingCall<E>,
) => Promise<ReplyOf<E>> | Nothing<ReplyOf<E>>;

export type EndpointTable = Readonly<Record<string, Endpoint>>;

/** One for each endpoint of a table. */
export type Handlers<T extends EndpointTable> = { readonly [Name in keyof T]: Handler<T[Name]> };

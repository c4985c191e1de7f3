// Calls endpoints: what a caller gives and gets, derived from the endpoint's own data. How a call travels
// (connections, tries, limits) is in the files beside this one.
import type {
  BodyOf,
  Endpoint,
  FieldsOf,
  JsonBody,
  NoBody,
  RawBody,
} from '@kura/contract/wire/endpoint.ts';
import type { BodySource, IncomingBody } from '../body.ts';

type IfAny<F, Name extends string> = keyof F extends never
  ? { readonly [N in Name]?: undefined }
  : { readonly [N in Name]: FieldsOf<F> };

type Request<B> = B extends NoBody
  ? { readonly body?: undefined }
  : B extends RawBody
    ? { readonly body: BodySource }
    : B extends JsonBody<unknown>
      ? { readonly body: BodyOf<B> }
      : never;

/** What a call of this endpoint needs. */
export type CallOf<E extends Endpoint> = IfAny<E['parameters'], 'params'> &
  IfAny<E['query'], 'query'> &
  Request<E['request']> & {
    /** "Kura kt1.…": a ticket or grant. */
    readonly authorization?: string;
    readonly signal?: AbortSignal;
    /** How often it is tried in all if the endpoint is idempotent; 1 for: not again. */
    readonly tries?: number;
    /** Longer than this no byte of the answer may be waited for: shorter than what the endpoint allows. */
    readonly patienceMs?: number;
  };

/** What a call resolves to. A raw answer has to be read or dropped: it holds a connection. */
export type AnswerOf<E extends Endpoint> = E['answer'] extends RawBody
  ? IncomingBody
  : E['answer'] extends JsonBody<unknown>
    ? BodyOf<E['answer']>
    : undefined;

export interface EndpointClient {
  /**
   * Throws what the other end threw, by its code; `unreachable` if there was no answer in time; `corrupt` if
   * the answer is not what the endpoint says.
   */
  call<E extends Endpoint>(endpoint: E, options: CallOf<E>): Promise<AnswerOf<E>>;
  /** Ends every connection; calls under way fail. */
  close(): void;
}

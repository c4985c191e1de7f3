// The few requests that a shelf makes of an object store: put if the name is free, put over a known state, read, list,
// delete a version. Signed by `aws4fetch`, sent and bounded by `@kura/wire`; tried again when there was no answer or
// the server was at fault. An object is durable when its put was answered: that is the object store's contract.
import { hash } from 'node:crypto';
import {
  type AlarmClock,
  isoTime,
  KIB,
  KuraError,
  MIB,
  pause,
  type Random,
  toHex,
} from '@kura/base';
import type {
  OutsideAnswer,
  OutsideClient,
  OutsideRequest,
} from '@kura/wire/outside/outside-client.ts';
import { AwsV4Signer } from 'aws4fetch';
import { type ListedObject, readCode, readListing, readVersions } from './answers.ts';

export interface BucketOptions {
  /** "https://s3.example.org": objects are addressed below it, bucket first. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly client: OutsideClient;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface PutOptions {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** new: never over an object that is there. An etag: only over the object that has it. */
  readonly over: 'new' | { readonly etag: string };
  /** Under object lock: nobody deletes it before. */
  readonly retainUntilMs?: number;
}

export interface ObjectFacts {
  readonly etag: string;
  readonly sizeBytes: number;
}

export interface FoundObject extends ObjectFacts {
  readonly bytes: Uint8Array;
}

/** A part of an object: from `first`, or the last bytes of it. */
export type Range = { readonly first: number; readonly count: number } | { readonly last: number };

/** A request that got no answer, or one that was not its fault, is made this often in all. */
const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 1000;
/** Error texts and heads. */
const MAX_SMALL_ANSWER_BYTES = 64 * KIB;
/** 1,000 names of at most 1 KiB each. */
const MAX_LISTING_BYTES = 4 * MIB;
const NO_BYTES = new Uint8Array(0);

interface Call {
  readonly method: OutsideRequest['method'];
  /** Below the bucket; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxAnswerBytes?: number;
  readonly signal?: AbortSignal;
}

export class Bucket {
  readonly #options: BucketOptions;
  /** Keys of a day, derived once. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.bucket;
  }

  /** Makes the bucket if it is not there; with object lock if it is made now and `isLocked`. */
  async ensure({ isLocked }: { readonly isLocked: boolean }): Promise<void> {
    const headers: Record<string, string> = isLocked
      ? { 'x-amz-bucket-object-lock-enabled': 'true' }
      : {};
    const answer = await this.#once({ method: 'PUT', key: '', headers });
    const isThere = answer.status === 409 && readCode(answer.body) === 'BucketAlreadyOwnedByYou';
    if (answer.status === 200 || isThere) return;
    throw this.#unexpected(answer, 'the bucket could not be made');
  }

  /**
   * `taken`: the condition does not hold. It may be an earlier try of this very put whose answer was lost: the caller
   * looks at what lies there. Otherwise the object is durable.
   */
  async put({ key, bytes, over, retainUntilMs }: PutOptions): Promise<'stored' | 'taken'> {
    const condition: Record<string, string> =
      over === 'new' ? { 'if-none-match': '*' } : { 'if-match': over.etag };
    const lock: Record<string, string> =
      retainUntilMs === undefined
        ? {}
        : {
            'x-amz-object-lock-mode': 'COMPLIANCE',
            'x-amz-object-lock-retain-until-date': isoTime(retainUntilMs),
          };
    const headers = {
      ...condition,
      ...lock,
      'content-md5': hash('md5', bytes, 'base64'),
      'x-amz-checksum-sha256': hash('sha256', bytes, 'base64'),
      'content-type': 'application/octet-stream',
    };
    const answer = await this.#call({ method: 'PUT', key, headers, body: bytes });
    if (answer.status === 412) return 'taken';
    if (answer.status === 200) return 'stored';
    // The object whose state was to be replaced is gone.
    if (answer.status === 404 && over !== 'new' && readCode(answer.body) === 'NoSuchKey') {
      return 'taken';
    }
    throw this.#unexpected(answer, `object ${key} could not be stored`);
  }

  /** Undefined if there is no such object; `bytes` may be fewer than asked for at its end. */
  async get(
    key: string,
    { range, maxBytes }: { readonly range?: Range; readonly maxBytes: number },
    signal?: AbortSignal,
  ): Promise<FoundObject | undefined> {
    const headers = range === undefined ? {} : { range: rangeHeader(range) };
    const call = { method: 'GET', key, headers, maxAnswerBytes: maxBytes } as const;
    const answer = await this.#call(signal === undefined ? call : { ...call, signal });
    if (answer.status === 404 && readCode(answer.body) === 'NoSuchKey') return undefined;
    const isWhole = range === undefined;
    if (answer.status !== (isWhole ? 200 : 206)) {
      throw this.#unexpected(answer, `object ${key} could not be read`);
    }
    const sizeBytes = isWhole ? answer.body.length : totalOf(answer, key);
    return { etag: etagOf(answer), sizeBytes, bytes: answer.body };
  }

  /** Undefined if there is no such object, or no such bucket: a head says no more. */
  async head(key: string): Promise<ObjectFacts | undefined> {
    const answer = await this.#call({ method: 'HEAD', key });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200)
      throw this.#unexpected(answer, `object ${key} could not be looked at`);
    return { etag: etagOf(answer), sizeBytes: Number(answer.header('content-length')) };
  }

  /** Names below `prefix` and their sizes, ascending, page by page. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const query = {
        'list-type': '2',
        prefix,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      };
      const page = readListing(await this.#listing(query));
      yield* page.objects;
      token = page.next;
    } while (token !== undefined);
  }

  /**
   * Deletes every version of this object, so that no byte of it stays where the bucket keeps versions. `busy` while one
   * of them is locked: then all are as they were, or some are gone already and the call can be repeated.
   */
  async remove(key: string): Promise<void> {
    const listing = await this.#listing({ versions: '', prefix: key });
    for (const version of readVersions(listing).filter((found) => found.key === key)) {
      const query = { versionId: version.versionId };
      const answer = await this.#call({ method: 'DELETE', key, query });
      if (answer.status === 204 || answer.status === 404) continue;
      if (answer.status === 403) await this.#explainLock(key, query);
      throw this.#unexpected(answer, `object ${key} could not be deleted`);
    }
  }

  /** Throws `busy` if a retention date is what keeps this version. */
  async #explainLock(key: string, query: Readonly<Record<string, string>>): Promise<void> {
    const answer = await this.#call({ method: 'HEAD', key, query });
    const untilMs = Date.parse(answer.header('x-amz-object-lock-retain-until-date') ?? '');
    if (!(untilMs > this.#options.clock.nowMs())) return;
    throw new KuraError('busy', `object ${key} is locked by its bucket and stays for now`, {
      guidance: 'The order waits until the retention date has passed.',
      context: { reason: 'locked', object: key, untilMs },
    });
  }

  async #listing(query: Readonly<Record<string, string>>): Promise<Uint8Array> {
    const call = { method: 'GET', key: '', query, maxAnswerBytes: MAX_LISTING_BYTES } as const;
    const answer = await this.#call(call);
    if (answer.status === 200) return answer.body;
    throw this.#unexpected(answer, 'the bucket could not be listed');
  }

  async #call(call: Call): Promise<OutsideAnswer> {
    const { clock, random } = this.#options;
    for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ; tries++, pauseMs *= 2) {
      try {
        const answer = await this.#once(call);
        if (!isPassing(answer) || tries === MAX_TRIES) return answer;
      } catch (error) {
        if (!(error instanceof KuraError && error.code === 'unreachable')) throw error;
        if (tries === MAX_TRIES) throw error;
      }
      await pause(clock, pauseMs / 2 + random.below(pauseMs), call.signal);
    }
  }

  async #once(call: Call): Promise<OutsideAnswer> {
    const { endpoint, bucket, region, accessKey, secretKey, client, clock } = this.#options;
    const { method, key, query = {}, body } = call;
    const url = new URL(`${endpoint}/${bucket}${key === '' ? '' : `/${key}`}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const digest = toHex(hash('sha256', body ?? NO_BYTES, 'buffer'));
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...call.headers, 'x-amz-content-sha256': digest },
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      service: 's3',
      region,
      cache: this.#signingKeys,
      datetime: isoTime(clock.nowMs()).replace(/[:-]|\.\d{3}/g, ''),
    });
    const signed = await signer.sign();
    return client.send({
      method,
      url: signed.url,
      headers: Object.fromEntries(signed.headers),
      maxAnswerBytes: Math.max(MAX_SMALL_ANSWER_BYTES, call.maxAnswerBytes ?? 0),
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  #unexpected(answer: OutsideAnswer, message: string): KuraError {
    const { bucket } = this.#options;
    const code = readCode(answer.body) ?? 'no reason';
    const details = { context: { bucket, status: answer.status, reason: code } };
    const text = `${message}: the object store says ${answer.status}, ${code}`;
    if (answer.status === 404 || isPassing(answer)) {
      return new KuraError('unreachable', text, {
        ...details,
        guidance: 'Check the bucket and its server.',
      });
    }
    if (answer.status === 401 || answer.status === 403) {
      return new KuraError('refused', text, {
        ...details,
        guidance: 'Check the keys in the file of this store, and what they may do with the bucket.',
      });
    }
    return new KuraError(answer.status === 507 ? 'no_space' : 'io', text, details);
  }
}

/** 409: two conditional puts met; 429 and 5xx: not this request's fault. */
function isPassing({ status }: OutsideAnswer): boolean {
  return status === 409 || status === 429 || (status >= 500 && status !== 507 && status !== 501);
}

function rangeHeader(range: Range): string {
  if ('last' in range) return `bytes=-${range.last}`;
  return `bytes=${range.first}-${range.first + range.count - 1}`;
}

function etagOf(answer: OutsideAnswer): string {
  // Without its quotes, which not every server takes back in a condition.
  const etag = answer.header('etag')?.replaceAll('"', '');
  if (etag !== undefined && etag !== '') return etag;
  throw new KuraError('unsupported', 'the object store names no state of its objects (ETag)');
}

function totalOf(answer: OutsideAnswer, key: string): number {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(answer.header('content-range') ?? '')?.[1];
  if (total !== undefined) return Number(total);
  throw new KuraError('corrupt', `the object store does not say which part of ${key} it sent`);
}

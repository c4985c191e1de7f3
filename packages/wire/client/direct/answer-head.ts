// The head of an answer, read strictly, because whoever wrote it may be anybody: one spelling, no header twice, a
// length and no other way to say where the body ends. What does not fit is `corrupt`.
import { unfit } from '../read-answer.ts';

export interface AnswerHead {
  readonly statusCode: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

/** Answers of ours have six. */
const MAX_FIELDS = 32;
const NO_CONTENT = 204;
const END = '\r\n\r\n';
const STATUS = /^HTTP\/1\.1 (?<status>[2-5]\d\d)(?: [\t\x20-\x7e]*)?$/;
const FIELD = /^(?<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*(?<value>[\t\x20-\x7e]*?)[\t ]*$/;
const LENGTH = /^\d{1,10}$/;

/** Gathers pieces until a head is whole; for one answer. */
export class HeadReader {
  readonly #maxBytes: number;
  #text = '';

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Undefined until the head is whole; then it, and where in `piece` its body begins. */
  take(piece: Uint8Array): { readonly head: AnswerHead; readonly bodyAt: number } | undefined {
    const before = this.#text.length;
    this.#text += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    const end = this.#text.indexOf(END);
    if (end > this.#maxBytes || (end === -1 && this.#text.length > this.#maxBytes)) {
      return unfit('has a head that is too long');
    }
    if (end === -1) return undefined;
    return { head: parse(this.#text.slice(0, end)), bodyAt: end + END.length - before };
  }
}

function parse(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS.exec(first)?.groups?.status;
  if (status === undefined) return unfit('is not HTTP/1.1');
  if (lines.length > MAX_FIELDS) return unfit('has too many headers');
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const { name = '', value = '' } = FIELD.exec(line)?.groups ?? unfit('has a header of no form');
    const key = name.toLowerCase();
    if (key in headers) return unfit(`says ${key} twice`);
    headers[key] = value;
  }
  const statusCode = Number(status);
  return { statusCode, headers, bodyBytes: bodyBytesOf(statusCode, headers) };
}

function bodyBytesOf(statusCode: number, headers: AnswerHead['headers']): number {
  if (headers['transfer-encoding'] !== undefined) return unfit('comes in parts');
  const length = headers['content-length'];
  if (length === undefined) return statusCode === NO_CONTENT ? 0 : unfit('says no length');
  if (!LENGTH.test(length)) return unfit('says a length that is none');
  if (statusCode === NO_CONTENT && Number(length) > 0)
    return unfit('has a body where none belongs');
  return Number(length);
}

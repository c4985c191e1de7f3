// Keys, signatures, verdicts and derivations that node:crypto has given once are answered from memory the next
// time. All of them follow from their bytes alone, so the program under test gets what it would compute, and
// only the cost is gone: a seed plays member, gateway and stores of many processes in one, and each of them
// asks what another has asked before. Works through the live bindings of node:crypto, for the whole process.
import crypto, { KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Of each kind. Fewer: what a seed asks again is computed twice. More: memory, up to a few KiB each. */
const MAX_REMEMBERED = 1024;

/** The newest answers, and those before them as long as they are asked for. */
class Answers {
  #recent = new Map<string, unknown>();
  #older = new Map<string, unknown>();

  get(question: string): unknown {
    const recent = this.#recent.get(question);
    if (recent !== undefined) return recent;
    const older = this.#older.get(question);
    return older === undefined ? undefined : this.put(question, older);
  }

  put(question: string, answer: unknown): unknown {
    if (this.#recent.size >= MAX_REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(question, answer);
    return answer;
  }
}

const keyNames = new WeakMap<KeyObject, string>();

function textOf(part: unknown): string | undefined {
  if (typeof part === 'string') return part;
  if (part instanceof KeyObject) return keyNames.get(part);
  if (part === null || typeof part === 'number') return String(part);
  if (!(part instanceof Uint8Array)) return undefined;
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1');
}

/** One name for all parts together; undefined if one of them is nothing that has a name. */
function questionOf(parts: readonly unknown[]): string | undefined {
  let question = '';
  for (const part of parts) {
    const text = textOf(part);
    if (text === undefined) return undefined;
    question += `${text.length}:${text}`;
  }
  return question;
}

type Remembered =
  | 'createPrivateKey'
  | 'createPublicKey'
  | 'sign'
  | 'verify'
  | 'hkdfSync'
  | 'diffieHellman'
  | 'decapsulate';

interface Rule {
  /** What the answer follows from, given the arguments. */
  readonly parts: (given: readonly unknown[]) => readonly unknown[];
  /** An answer that the caller may change. Default: the same one each time. */
  readonly fresh?: (answer: unknown) => unknown;
  /** Told of each answer that was computed. */
  readonly note?: (answer: unknown, given: readonly unknown[], question: string) => void;
}

const bytesOf = (answer: unknown): unknown => Buffer.from(answer as Uint8Array);
const nameKey = (answer: unknown, _given: readonly unknown[], question: string): void => {
  keyNames.set(answer as KeyObject, `${(answer as KeyObject).type} ${question}`);
};

/** A raw key with its form, or another key. */
function keyParts([given]: readonly unknown[]): readonly unknown[] {
  if (given instanceof KeyObject) return [given];
  const { key, format, asymmetricKeyType } = given as Record<string, unknown>;
  return [key, format, asymmetricKeyType];
}

/** To be called before the first seed; again, it does nothing. */
export function rememberCrypto(): void {
  if (isRemembering) return;
  isRemembering = true;
  const verdicts = remember('verify', { parts: (given) => given });
  remember('createPrivateKey', { parts: keyParts, note: nameKey });
  remember('createPublicKey', { parts: keyParts, note: nameKey });
  remember('sign', {
    parts: (given) => given,
    fresh: bytesOf,
    note: (signature, [algorithm, message, key]) => {
      // What was signed here holds under the other half of the key.
      const claim = questionOf([algorithm, message, publicHalf(key as KeyObject), signature]);
      if (claim !== undefined) verdicts.put(claim, true);
    },
  });
  remember('hkdfSync', {
    parts: (given) => given,
    fresh: (answer) => (answer as ArrayBuffer).slice(0),
  });
  remember('diffieHellman', {
    parts: ([given]) => Object.values(given as Record<string, unknown>),
    fresh: bytesOf,
  });
  remember('decapsulate', { parts: (given) => given, fresh: bytesOf });
  syncBuiltinESMExports();
}

let isRemembering = false;

function remember(name: Remembered, { parts, fresh, note }: Rule): Answers {
  const compute = crypto[name] as (...given: readonly unknown[]) => unknown;
  const answers = new Answers();
  const answer = (...given: readonly unknown[]): unknown => {
    const question = questionOf(parts(given));
    if (question === undefined) return compute(...given);
    let known = answers.get(question);
    if (known === undefined) {
      known = answers.put(question, compute(...given));
      note?.(known, given, question);
    }
    return fresh === undefined ? known : fresh(known);
  };
  Object.assign(crypto, { [name]: answer });
  return answers;
}

/** As whoever checks a signature makes it: from its raw bytes. */
function publicHalf(key: KeyObject): KeyObject {
  const raw = crypto.createPublicKey(key).export({ format: 'raw-public' });
  const asymmetricKeyType = 'ed25519';
  return crypto.createPublicKey({ key: raw, format: 'raw-public', asymmetricKeyType });
}

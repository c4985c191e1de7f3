// A witness policy as the text that C2SP tlog-policy has for it: lines "log", "witness", "group" and "quorum",
// comments, and names that mean nothing outside of it. What is refused there is refused here, with the number of
// the line.
import { assert, KuraError } from '@kura/base';
import { formatVerifierKey, isSameKey, type NoteKey, parseVerifierKey } from './verifier-key.ts';
import {
  NO_WITNESS,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  type WitnessPolicy,
} from './witness-policy.ts';

/** The specification asks for at least 32 of each kind; the text bounds what a hostile file can cost. */
const MAX_POLICY_CHARACTERS = 64 * 1024;
const MAX_LINES_OF_A_KIND = 64;

export function formatPolicy({ logs, witnesses, groups, quorum }: WitnessPolicy): string {
  const lines = [
    ...logs.map(({ key, url }) => ['log', formatVerifierKey(key, 'ed25519'), url]),
    ...witnesses.map(({ name, key, url }) => [
      'witness',
      name,
      formatVerifierKey(key, 'cosignature'),
      url,
    ]),
    ...groups.map(({ name, threshold, members }) => ['group', name, String(threshold), ...members]),
    ['quorum', quorum],
  ];
  const text = lines.map((words) => `${words.filter((word) => word !== undefined).join(' ')}\n`);
  const policy = text.join('');
  parsePolicy(policy);
  return policy;
}

/** Throws `refused`, with the line, unless `text` is a policy. */
export function parsePolicy(text: string): WitnessPolicy {
  const reader = new PolicyReader();
  if (text.length > MAX_POLICY_CHARACTERS) reader.refuse('it is too long');
  for (const [index, line] of text.split('\n').entries()) reader.read(line, index + 1);
  return reader.policy();
}

class PolicyReader {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #names = new Set<string>();
  /** What is a member of a group already: nothing counts twice. */
  readonly #members = new Set<string>();
  #quorum: string | undefined;
  #line: number | undefined;

  refuse(why: string): never {
    const where = this.#line === undefined ? '' : ` in line ${this.#line}`;
    throw new KuraError('refused', `the witness policy is refused: ${why}${where}`, {
      guidance:
        'The form is that of c2sp.org/tlog-policy: log, witness, group and one quorum line.',
    });
  }

  read(line: string, number: number): void {
    this.#line = number;
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) this.refuse('a control character');
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    const [keyword, ...rest] = words;
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.#readLog(rest);
    else if (keyword === 'witness') this.#readWitness(rest);
    else if (keyword === 'group') this.#readGroup(rest);
    else if (keyword === 'quorum') this.#readQuorum(rest);
    else this.refuse(`the unknown word "${keyword.slice(0, 40)}"`);
  }

  policy(): WitnessPolicy {
    this.#line = undefined;
    if (this.#quorum === undefined) this.refuse('it has no quorum line');
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum,
    };
  }

  #readLog([vkey, url, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 0)
      this.refuse('a log is "log KEY [URL]", which is not');
    const key = parseVerifierKey(vkey, 'ed25519');
    this.#checkNewKey(key, this.#logs);
    this.#logs.push(url === undefined ? { key } : { key, url });
  }

  #readWitness([name, vkey, url, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) {
      this.refuse('a witness is "witness NAME KEY [URL]", which is not');
    }
    this.#define(name);
    const key = parseVerifierKey(vkey, 'cosignature');
    this.#checkNewKey(key, this.#witnesses);
    this.#witnesses.push(url === undefined ? { name, key } : { name, key, url });
  }

  #readGroup([name, count, ...members]: readonly string[]): void {
    if (name === undefined || count === undefined || members.length === 0) {
      this.refuse('a group is "group NAME all|any|K MEMBER…", which is not');
    }
    for (const member of members) {
      if (!this.#names.has(member)) this.refuse(`the unknown member "${member.slice(0, 40)}"`);
      if (this.#members.has(member)) this.refuse(`"${member.slice(0, 40)}" counts more than once`);
      this.#members.add(member);
    }
    // The members first: a group is not known before the end of its own line.
    this.#define(name);
    this.#groups.push({ name, threshold: this.#threshold(count, members.length), members });
    if (this.#groups.length > MAX_LINES_OF_A_KIND) this.refuse('too many groups');
  }

  #threshold(text: string, members: number): number {
    if (text === 'all') return members;
    if (text === 'any') return 1;
    const threshold = /^(0|[1-9]\d{0,3})$/.test(text) ? Number(text) : 0;
    if (threshold < 1 || threshold > members)
      this.refuse(`a threshold that is not 1 to ${members}`);
    return threshold;
  }

  #readQuorum([name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0)
      this.refuse('a quorum is "quorum NAME", which is not');
    if (this.#quorum !== undefined) this.refuse('a second quorum');
    if (name !== NO_WITNESS && !this.#names.has(name)) {
      this.refuse(`the unknown quorum "${name.slice(0, 40)}"`);
    }
    this.#quorum = name;
  }

  #define(name: string): void {
    if (name === NO_WITNESS) this.refuse(`the name "${NO_WITNESS}", which is not free`);
    if (this.#names.has(name)) this.refuse(`a second "${name.slice(0, 40)}"`);
    assert(name !== '', 'words are not empty');
    this.#names.add(name);
  }

  #checkNewKey(key: NoteKey, known: readonly { readonly key: NoteKey }[]): void {
    if (known.some((other) => isSameKey(other.key, key)))
      this.refuse('a key that is there already');
    if (known.length >= MAX_LINES_OF_A_KIND) this.refuse('too many keys');
  }
}

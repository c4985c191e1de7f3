#!/usr/bin/env node
// Checks receipts of custody, alone: this one file and the cryptography of Node 18 or newer, without Kura, without a
// package and without a network. It is a second implementation, written from docs/design/log.md, so that nobody has to
// believe the first. What it reads:
//   POLICY    a witness policy (c2sp.org/tlog-policy): the keys of the log and of its witnesses, and the quorum.
//             It has to come from somewhere that you trust, and not from whoever showed you the receipts.
//   RECEIPTS  one JSON object a line, as `kura receipts export` writes it.
// Prints what each receipt says and one line of figures. Ends with 0 if all are good, 1 if one is not, 2 if it could
// not read what it was given.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const USAGE = 'usage: node kura-receipts.mjs POLICY RECEIPTS…\n';
const HASH_BYTES = 32;
const MAX_TEXT = 64 * 1024;

class Refused extends Error {
  constructor(reason, why) {
    super(`${reason}: ${why}`);
    this.reason = reason;
  }
}

function refuse(reason, why) {
  throw new Refused(reason, why);
}

// ── RFC 6962: entries begin with 0, nodes with 1 ──────────────────────────────────────────────────

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const hashNode = (left, right) => sha256(Buffer.from([1]), left, right);

/** RFC 9162, 2.1.3.2: the head that this proof leads to, or undefined. */
function headFromProof(entryHash, index, size, proof) {
  if (index >= size) return undefined;
  let node = index;
  let last = size - 1;
  let hash = entryHash;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

// ── C2SP signed notes, checkpoints and cosignatures ───────────────────────────────────────────────

function base64(text, reason) {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : refuse(reason, 'base64 is malformed');
}

const isName = (name) => name !== '' && !/[\s+\p{Cc}]/u.test(name);

/** "name+id+base64(type ‖ key)"; type 1 signs notes, type 4 cosigns checkpoints. */
function parseKey(text, type) {
  const [, name, id, encoded] =
    /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? refuse('policy', text);
  const typed = base64(encoded, 'policy');
  if (!isName(name) || typed[0] !== type || typed.length !== 33) refuse('policy', `key ${text}`);
  const keyId = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
  if (keyId.toString('hex') !== id) refuse('policy', `the id of ${text} is that of another key`);
  const raw = typed.subarray(1);
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  return { name, keyId, raw, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

function parseNote(note) {
  const gap = note.lastIndexOf('\n\n');
  if (note.length > MAX_TEXT || gap < 0 || !note.endsWith('\n'))
    refuse('malformed', 'no signed note');
  if (/[\0-\x09\x0b-\x1f]|\p{Cs}/u.test(note)) refuse('malformed', 'a character of the note');
  const lines = note.slice(gap + 2, -1).split('\n');
  if (lines.length > 32) refuse('malformed', 'too many signatures');
  const signatures = lines.map((line) => {
    const [, name, encoded] =
      /^— (\S+) (\S+)$/.exec(line) ?? refuse('malformed', 'a signature line');
    const bytes = base64(encoded, 'malformed');
    if (!isName(name) || bytes.length <= 4) refuse('malformed', 'a signature line');
    return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
  return { text: note.slice(0, gap + 1), signatures };
}

const signatureOf = (note, key) =>
  note.signatures.find((line) => line.name === key.name && line.keyId.equals(key.keyId))?.signature;

/** Seconds since 1970 at which the witness saw it; undefined if it has not cosigned. */
function cosignedAt(note, witness) {
  const signature = signatureOf(note, witness);
  if (signature === undefined) return undefined;
  if (signature.length !== 72) refuse('cosignature', `${witness.name}, its length`);
  const seconds = signature.readBigUInt64BE(0);
  const message = Buffer.from(`cosignature/v1\ntime ${seconds}\n${note.text}`);
  if (!verify(null, message, witness.key, signature.subarray(8)))
    refuse('cosignature', witness.name);
  return seconds;
}

function openCheckpoint(text, policy) {
  const note = parseNote(text);
  const lines = note.text.split('\n');
  const [origin, size, head] = lines;
  if (lines.length < 4 || lines.slice(0, -1).includes('')) refuse('malformed', 'no checkpoint');
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    refuse('malformed', 'the size of the checkpoint');
  }
  const hash = base64(head, 'malformed');
  if (hash.length !== HASH_BYTES) refuse('malformed', 'the head of the checkpoint');
  const log = policy.logs.find(({ name }) => name === origin) ?? refuse('log', origin);
  const signature = signatureOf(note, log) ?? refuse('signature', `${origin} has not signed`);
  if (signature.length !== 64 || !verify(null, Buffer.from(note.text), log.key, signature)) {
    refuse('signature', `of ${origin} belongs to another text`);
  }
  const seen = policy.witnesses.map((witness) => [witness, cosignedAt(note, witness)]);
  const witnesses = seen.filter(([, seconds]) => seconds !== undefined);
  return { origin, size: Number(size), head: hash, witnesses };
}

// ── C2SP tlog-policy ──────────────────────────────────────────────────────────────────────────────

function parsePolicy(text) {
  const policy = { logs: [], witnesses: [], groups: [], quorum: undefined };
  const known = new Set();
  const members = new Set();
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text)) refuse('policy', 'a control character');
  const define = (name) => {
    if (name === 'none' || known.has(name)) refuse('policy', `the name ${name}`);
    known.add(name);
  };
  const add = (keys, key) => {
    if (keys.some(({ raw }) => raw.equals(key.raw))) refuse('policy', `${key.name} twice`);
    keys.push(key);
  };
  const read = {
    log: ([key, , ...more]) => {
      if (key === undefined || more.length > 0) refuse('policy', 'a log line');
      add(policy.logs, parseKey(key, 1));
    },
    witness: ([name, key, , ...more]) => {
      if (key === undefined || more.length > 0) refuse('policy', 'a witness line');
      define(name);
      add(policy.witnesses, { ...parseKey(key, 4), label: name });
    },
    group: ([name, count, ...of]) => {
      if (of.length === 0) refuse('policy', 'a group line');
      for (const member of of) {
        if (!known.has(member) || members.has(member)) refuse('policy', `the member ${member}`);
        members.add(member);
      }
      define(name);
      const digits = /^[1-9]\d*$/.test(count) ? Number(count) : 0;
      const threshold = { all: of.length, any: 1 }[count] ?? digits;
      if (threshold < 1 || threshold > of.length) refuse('policy', `the threshold of ${name}`);
      policy.groups.push({ name, threshold, of });
    },
    quorum: ([name, ...more]) => {
      const isKnown = name === 'none' || known.has(name);
      if (!isKnown || more.length > 0 || policy.quorum !== undefined)
        refuse('policy', 'the quorum');
      policy.quorum = name;
    },
  };
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.split(/[ \t]+/).filter((part) => part !== '');
    if (word === undefined || word.startsWith('#')) continue;
    if (!Object.hasOwn(read, word)) refuse('policy', `the word ${word}`);
    read[word](rest);
  }
  return policy.quorum === undefined ? refuse('policy', 'no quorum') : policy;
}

function isReached(policy, checkpoint) {
  const reached = new Set(checkpoint.witnesses.map(([{ label }]) => label));
  for (const { name, threshold, of } of policy.groups) {
    if (of.filter((member) => reached.has(member)).length >= threshold) reached.add(name);
  }
  return policy.quorum === 'none' || reached.has(policy.quorum);
}

// ── What a body may say ───────────────────────────────────────────────────────────────────────────

/** One text per value: sorted keys, no white space, whole numbers. */
function canonical(value, depth = 0) {
  if (depth > 16) refuse('malformed', 'the body is nested too deeply');
  if (typeof value === 'number') {
    const isWhole = Number.isSafeInteger(value) && !Object.is(value, -0);
    return isWhole ? String(value) : refuse('malformed', 'a number of the body');
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((part) => canonical(part, depth + 1)).join(',')}]`;
  const keys = Object.keys(value).sort();
  const fields = keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`);
  return `{${fields.join(',')}}`;
}

const hex = (bytes) => (value) =>
  typeof value === 'string' && value.length === bytes * 2 && /^[0-9a-f]*$/.test(value);
const orNull = (is) => (value) => value === null || is(value);
const count = (value) => typeof value === 'number' && value >= 0 && value <= 8.64e15;
const text = (value) => typeof value === 'string' && value.length <= 1024;
const object = (shape) => (value) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === Object.keys(shape).length &&
  Object.entries(shape).every(([name, is]) => Object.hasOwn(value, name) && is(value[name]));
const ascending = (is) => (value) =>
  Array.isArray(value) &&
  value.every((one, at) => is(one) && (at === 0 || value[at - 1].storeId < one.storeId));
const equal = (wanted) => (value) => value === wanted;

const STORE = object({
  storeId: hex(16),
  publicKey: hex(32),
  city: text,
  suite: text,
  copies: count,
  root: hex(32),
});
const PACKS = { packCount: count, packSetRoot: hex(32) };
const SNAPSHOT = {
  snapshotId: hex(32),
  predecessor: orNull(hex(32)),
  deviceKey: hex(32),
  ...PACKS,
  stores: ascending(STORE),
};
const MOVED = { ...PACKS, from: orNull(hex(16)), to: STORE };
const CONFIRMED = object({ storeId: hex(16), confirmation: hex(32) });
const KEYS = /^(copy-key|card|device-certificate)$/;
const SUBJECTS = {
  accepted: SNAPSHOT,
  moved: MOVED,
  repaired: MOVED,
  deleted: { ...PACKS, stores: ascending(CONFIRMED) },
  'key-changed': {
    what: (value) => text(value) && KEYS.test(value),
    which: (value) => text(value) && /^(?:[0-9a-f]{2}){1,32}$/.test(value),
    newKeyHash: orNull(hex(32)),
  },
  settled: { statement: hex(32) },
  incident: { incidentId: hex(16), evidence: hex(32) },
};
const HEAD = { memberId: hex(16), timeMs: count, salt: hex(32) };

function parseBody(body) {
  if (body.length > MAX_TEXT) refuse('malformed', 'the body is too long');
  const value = parseJson(body);
  if (canonical(value) !== body) refuse('malformed', 'the body is not canonical');
  const isReceipt = object({ kind: equal('kura/1 snapshot receipt'), ...HEAD, ...SNAPSHOT })(value);
  if (isReceipt) return { ...value, event: 'accepted', subject: value };
  const name = value !== null && typeof value === 'object' ? value.event : undefined;
  if (typeof name !== 'string' || !Object.hasOwn(SUBJECTS, name)) refuse('malformed', 'the body');
  const kind = equal('kura/1 custody event');
  const subject = object(SUBJECTS[name]);
  const shape = { kind, event: text, previous: orNull(hex(32)), ...HEAD, subject };
  return object(shape)(value) ? value : refuse('malformed', `the body of "${name}"`);
}

function parseJson(json) {
  try {
    return JSON.parse(json);
  } catch {
    return refuse('malformed', 'no JSON');
  }
}

// ── Receipts ──────────────────────────────────────────────────────────────────────────────────────

/** `open` keeps what it has opened: receipts that were asked for together share a checkpoint. */
function checkReceipt(line, policy, open) {
  const receipt = parseJson(line);
  const { body, leaf_index: index, inclusion_proof: proof, checkpoint: note } = receipt ?? {};
  const isReceipt = typeof body === 'string' && typeof note === 'string' && Array.isArray(proof);
  if (!isReceipt || !Number.isSafeInteger(index) || index < 0) refuse('malformed', 'no receipt');
  if (proof.length > 53 || !proof.every(hex(HASH_BYTES))) refuse('malformed', 'the proof');
  const record = parseBody(body);
  const checkpoint = open(note);
  const leaf = sha256(Buffer.from(record.salt, 'hex'), Buffer.from(body));
  const entryHash = sha256(Buffer.from([0]), leaf);
  const hashes = proof.map((hash) => Buffer.from(hash, 'hex'));
  const head = headFromProof(entryHash, index, checkpoint.size, hashes);
  if (head === undefined || !head.equals(checkpoint.head)) refuse('inclusion', 'not in the log');
  const isEnough = isReached(policy, checkpoint);
  const isWitnessed = isEnough && policy.quorum !== 'none';
  if (receipt.witnessed === true && !isWitnessed) refuse('claim', 'it says witnessed, and is not');
  if (!isEnough) refuse('quorum', `${checkpoint.witnesses.length} witnesses are too few`);
  return { record, index, checkpoint, entryHash, hashes, isWitnessed };
}

/** What receipts beside each other contradict; a gap is only a hole in what was brought. */
function judgeHistory(good) {
  const found = [];
  const first = new Map();
  const differs = (key, hash, kind) => {
    const before = first.get(key);
    if (before === undefined) first.set(key, hash);
    else if (!before.equals(hash)) found.push({ kind, text: key });
  };
  for (const { checkpoint, index, entryHash, record } of good) {
    const { origin, size, head } = checkpoint;
    differs(`${origin}, head of ${size}`, head, 'split-view');
    differs(`${origin}, entry ${index}`, entryHash, 'split-view');
    if (record.previous === undefined) continue;
    differs(`${origin}, after ${record.previous} of ${record.memberId}`, entryHash, 'forked');
  }
  const entries = new Map(good.map((one) => [one.entryHash.toString('hex'), one.index]));
  for (const { checkpoint, index, hashes, record } of good) {
    const before = first.get(`${checkpoint.origin}, head of ${index}`);
    // The proof of the last leaf is the tree before it.
    if (before !== undefined && index === checkpoint.size - 1) {
      const head = hashes.reduce((right, left) => hashNode(left, right));
      if (!head.equals(before)) found.push({ kind: 'rewritten', text: `entry ${index}` });
    }
    if (typeof record.previous !== 'string') continue;
    const follows = entries.get(record.previous);
    if (follows === undefined) found.push({ kind: 'gap', text: `before entry ${index}` });
    else if (follows >= index) found.push({ kind: 'misplaced', text: `entry ${index}` });
  }
  return found;
}

/** `say` gets each line of the answer. True if everything is good. */
export function checkReceipts(policyText, lines, say) {
  const policy = parsePolicy(policyText);
  const opened = new Map();
  const open = (note) => {
    if (!opened.has(note)) opened.set(note, openCheckpoint(note, policy));
    return opened.get(note);
  };
  const good = [];
  let bad = 0;
  for (const [at, line] of lines.entries()) {
    try {
      const one = checkReceipt(line, policy, open);
      good.push(one);
      const when = new Date(one.record.timeMs).toISOString();
      say(`good    ${at + 1}: ${one.record.event} at ${when}, entry ${one.index}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      bad++;
      say(`REFUSED ${at + 1}: ${error.message}`);
    }
  }
  const findings = judgeHistory(good);
  for (const { kind, text } of findings)
    say(`${kind === 'gap' ? 'note   ' : 'REFUSED'} ${kind}: ${text}`);
  const lies = findings.filter(({ kind }) => kind !== 'gap').length;
  const witnessed = good.filter(({ isWitnessed }) => isWitnessed).length;
  say(
    `${good.length} receipts good, ${witnessed} of them witnessed, ${bad} refused, ${lies} contradictions`,
  );
  return bad === 0 && lies === 0 && good.length > 0;
}

function main([policyFile, ...files]) {
  if (policyFile === undefined || files.length === 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  try {
    const lines = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    );
    const say = (line) => process.stdout.write(`${line}\n`);
    return checkReceipts(readFileSync(policyFile, 'utf8'), lines, say) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

const [, started, ...given] = process.argv;
const isStarted = started !== undefined && existsSync(started);
if (isStarted && import.meta.url === pathToFileURL(realpathSync(started)).href) {
  process.exitCode = main(given);
}

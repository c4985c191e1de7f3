// Receipts of an honest log with honest witnesses, and what a forger without any of their keys makes of them.
import { must, toHex } from '@kura/base';
import {
  canonicalJson,
  cosign,
  EVENT_NAMES,
  formatCheckpoint,
  type JsonValue,
  parseCheckpoint,
  parseNote,
  type Receipt,
  signCheckpoint,
  signNote,
} from '@kura/log';
import { seedOf, TEST_LOG, TestLog } from '@kura/log/test-custody.ts';
import type { SeededRandom } from '@kura/testing';
import { type AttackKind, pick } from './attack.ts';
import { judgeBoth } from './judge-both.ts';

const WITNESSES = ['w1', 'w2', 'w3'];
const REQUIRED = 2;

interface Scene {
  readonly log: TestLog;
  readonly receipt: Receipt;
  /** Of the same log under the same checkpoint. */
  readonly other: Receipt;
  readonly random: SeededRandom;
}

function openScene(random: SeededRandom): Scene {
  const log = new TestLog(WITNESSES);
  const bodies = Array.from({ length: 3 + random.below(20) }, () =>
    random.chance(0.5) ? log.snapshotBody() : log.eventBody(pick(random, EVENT_NAMES)),
  );
  for (const body of bodies) log.appendBody(body);
  const at = random.below(bodies.length - 1);
  const receiptOf = (index: number): Receipt => log.receipt(must(bodies[index], 'in it'), index);
  return { log, receipt: receiptOf(at), other: receiptOf(at + 1), random };
}

type Forge = (scene: Scene) => Partial<Receipt>;

const without = (note: string, ...names: readonly string[]): string =>
  note
    .split('\n')
    .filter((line) => !names.some((name) => line.startsWith(`— ${name} `)))
    .join('\n');

/** The checkpoint with these lines in place of what the witnesses signed. */
function withLines({ receipt }: Scene, lineOf: (text: string, name: string) => string): string {
  const { text } = parseNote(receipt.checkpoint);
  const lines = WITNESSES.map((name) => lineOf(text, name));
  return without(receipt.checkpoint, ...WITNESSES) + lines.join('');
}

function withField({ receipt, random }: Scene): string {
  const fields = JSON.parse(receipt.body) as Record<string, JsonValue>;
  fields.timeMs = 1_000 + random.below(2 ** 30);
  return canonicalJson(fields);
}

function strangersCheckpoint({ receipt, random }: Scene): string {
  const { size, head } = parseCheckpoint(parseNote(receipt.checkpoint).text);
  return signCheckpoint({ origin: TEST_LOG, size, head }, random.bytes(32));
}

function flippedProof({ receipt, random }: Scene): string[] {
  const proof = [...receipt.inclusionProof];
  const at = random.below(proof.length);
  proof[at] = toHex(random.bytes(32));
  return proof;
}

/** What a forger does, by name; none of it may be believed. */
const FORGERIES: Readonly<Record<string, Forge>> = {
  'another time in the body': (scene) => ({ body: withField(scene) }),
  'the body of the next entry': ({ other }) => ({ body: other.body }),
  'a body with white space': ({ receipt }) => ({ body: ` ${receipt.body}` }),
  'a field twice': ({ receipt }) => ({ body: receipt.body.replace('{', '{"timeMs":1,') }),
  'another place in the log': ({ receipt }) => ({ leafIndex: receipt.leafIndex + 1 }),
  'a place behind the log': ({ log }) => ({ leafIndex: log.tree.size }),
  'another hash in the proof': (scene) => ({ inclusionProof: flippedProof(scene) }),
  'a shorter proof': ({ receipt }) => ({ inclusionProof: receipt.inclusionProof.slice(1) }),
  'a longer proof': ({ receipt }) => ({
    inclusionProof: [...receipt.inclusionProof, toHex(new Uint8Array(32))],
  }),
  'a head of its own': (scene) => ({ checkpoint: strangersCheckpoint(scene) }),
  'no witness, and the claim of some': ({ receipt }) => ({
    checkpoint: without(receipt.checkpoint, ...WITNESSES),
  }),
  'one witness of two': ({ receipt }) => ({
    checkpoint: without(receipt.checkpoint, 'w1', 'w3'),
    witnessed: false,
  }),
  'one witness three times': (scene) => ({
    checkpoint: withLines(scene, (text) => cosign(text, { name: 'w2', seed: seedOf('w2') }, 0)),
    witnessed: false,
  }),
  'witnesses of another checkpoint': (scene) => ({
    checkpoint: withLines(scene, (text, name) =>
      cosign(text.replace(/\n\d+\n/, '\n1\n'), { name, seed: seedOf(name) }, 0),
    ),
  }),
  'the names of witnesses with keys of its own': (scene) => ({
    checkpoint: withLines(scene, (text, name) =>
      cosign(text, { name, seed: scene.random.bytes(32) }, 0),
    ),
  }),
  'notes that witnesses signed, as cosignatures': (scene) => ({
    checkpoint: withLines(scene, (text, name) =>
      parseLine(signNote({ text, name, seed: seedOf(name) })),
    ),
  }),
  'a later time in what witnesses signed': (scene) => ({
    checkpoint: withLines(scene, (text, name) =>
      aged(cosign(text, { name, seed: seedOf(name) }, 5000)),
    ),
  }),
  'a witness that signs as the log': (scene) => {
    const { size, head } = parseCheckpoint(parseNote(scene.receipt.checkpoint).text);
    const text = formatCheckpoint({ origin: TEST_LOG, size, head });
    return { checkpoint: signNote({ text, name: TEST_LOG, seed: seedOf('w1') }) };
  },
  'a log that nobody knows': ({ receipt }) => ({
    checkpoint: receipt.checkpoint.replaceAll(TEST_LOG, 'other.example/log'),
  }),
  'another size above the same head': ({ receipt }) => ({
    checkpoint: receipt.checkpoint.replace(/\n\d+\n/, '\n4096\n'),
  }),
};

const parseLine = (note: string): string => note.slice(note.lastIndexOf('\n\n') + 2);

/** The same signature under another second. */
function aged(line: string): string {
  const [mark = '', name = '', encoded = ''] = line.trimEnd().split(' ');
  const bytes = Buffer.from(encoded, 'base64');
  bytes.writeBigUInt64BE(6n, 4);
  return `${mark} ${name} ${bytes.toString('base64')}\n`;
}

export const forgedReceipts: AttackKind = {
  name: 'forged receipts',
  names: new Set(['malformed', 'log', 'signature', 'cosignature', 'inclusion', 'quorum', 'claim']),
  async attempt(random) {
    const scene = openScene(random);
    const what = pick(random, Object.keys(FORGERIES));
    const forged = { ...scene.receipt, ...must(FORGERIES[what], 'it was picked')(scene) };
    return { what, ...judgeBoth([forged], scene.log.policy(REQUIRED)) };
  },
  async honest(random) {
    const { receipt, other, log } = openScene(random);
    const { isAccepted, named } = judgeBoth([receipt, other], log.policy(REQUIRED));
    // Of a whole history two receipts were brought, so there are gaps.
    return { what: 'true receipts', isAccepted, named: named.filter((word) => word !== 'gap') };
  },
  async undefended(random) {
    const { receipt, log } = openScene(random);
    const alone = { checkpoint: without(receipt.checkpoint, 'w1', 'w3'), witnessed: false };
    return { what: 'one witness of two', ...judgeBoth([{ ...receipt, ...alone }], log.policy(0)) };
  },
};

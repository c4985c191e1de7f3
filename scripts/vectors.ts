// Writes the vectors of member-seal and format, valid and invalid: `node scripts/vectors.ts`.
// Everything follows from fixed names but the envelope, because ML-KEM draws its own randomness; an
// envelope that is there and still opens is kept. Tests read the files and never this script.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  byteString,
  type ChunkId,
  fromHex,
  must,
  packId,
  SMALL_SHAPE,
  toHex,
  utf8,
} from '@kura/base';
import { chunkIdOf, encodeSnapshot, FrameEncoder, PackWriter } from '@kura/format';
import { sampleSnapshot } from '@kura/format/test-snapshot.ts';
import {
  deriveMemberKeys,
  derivePackKey,
  newDevice,
  newEnvelope,
  newRoot,
  openEnvelope,
  rootToWords,
  STANDARD_COST,
  sealLocal,
  wrapRoot,
} from '@kura/member-seal';
import { fixedRandom } from '@kura/member-seal/fixed-random.ts';
import { allocatePages, loadNative } from '@kura/native';

const FOLDER = new URL('../vectors/', import.meta.url);
const random = fixedRandom('kura vectors 1');
const root = newRoot(random);
const keys = deriveMemberKeys(root);
const device = newDevice({ ownerSeed: keys.ownerSeed, random });
const id = packId(toHex(random.bytes(32)));

function pathOf(name: string): URL {
  return new URL(name, FOLDER);
}

function save(name: string, value: unknown): void {
  mkdirSync(new URL('.', pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), `${JSON.stringify(value, hexBytes, 1)}\n`);
}

function hexBytes(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value;
}

/** One field of a hex string with one bit changed. */
function flipped(hex: string, at: number): string {
  const bytes = fromHex(hex);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return toHex(bytes);
}

function saveKeys(): void {
  const words = {
    english: rootToWords(root, 'english'),
    japanese: rootToWords(root, 'japanese'),
  };
  const epoch1 = deriveMemberKeys(root, 1);
  const later = { publicKeys: epoch1.publicKeys, privateKeys: epoch1.privateKeys };
  const swapped = words.english.split(' ');
  [swapped[0], swapped[1]] = [must(swapped[1], 'a word'), must(swapped[0], 'a word')];
  const refused = [
    { why: 'two words swapped', words: swapped.join(' ') },
    { why: 'a word too few', words: words.english.split(' ').slice(1).join(' ') },
    { why: 'a word of no list', words: words.english.replace(/^\w+/, 'kura') },
    { why: 'two languages', words: words.english.replace(/^\w+/, 'あいこくしん') },
  ];
  save('member-seal/keys.json', { root, words, refused, keys, epoch1: later, device });
}

function keptEnvelope(): Uint8Array | undefined {
  const path = pathOf('member-seal/envelope.json');
  if (!existsSync(path)) return undefined;
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly envelope: string;
    readonly sessionSecret: string;
  };
  const envelope = fromHex(file.envelope);
  return toHex(openEnvelope(keys, envelope)) === file.sessionSecret ? envelope : undefined;
}

function saveEnvelope(): { envelope: Uint8Array; sessionSecret: Uint8Array } {
  const envelope = keptEnvelope() ?? newEnvelope(keys, random).envelope;
  const sessionSecret = openEnvelope(keys, envelope);
  const hex = toHex(envelope);
  const refused = [
    { why: 'too short', envelope: hex.slice(2) },
    { why: 'too long', envelope: `${hex}00` },
    { why: 'an X25519 key of low order', envelope: '00'.repeat(32) + hex.slice(64) },
  ];
  const another = [
    { why: 'a bit of the X25519 key', envelope: flipped(hex, 0) },
    { why: 'a bit of the ML-KEM ciphertext', envelope: flipped(hex, 1119) },
  ];
  const packs = [0, 1].map((epoch) => ({
    packId: id,
    epoch,
    ...derivePackKey({ sessionSecret, packId: id, epoch }),
  }));
  save('member-seal/envelope.json', { envelope, sessionSecret, packs, refused, another });
  return { envelope, sessionSecret };
}

async function saveWraps(): Promise<void> {
  const passphrase = '蔵 correct horse';
  const file = await wrapRoot({ root, passphrase, cost: STANDARD_COST, random });
  const refused = [
    { why: 'another passphrase', code: 'wrong_passphrase', passphrase: '蔵 Correct horse', file },
    { why: 'memory', code: 'refused', passphrase, file: { ...file, memory_kib: 19455 } },
    { why: 'passes', code: 'refused', passphrase, file: { ...file, passes: 1 } },
    { why: 'lanes', code: 'refused', passphrase, file: { ...file, lanes: 5 } },
    { why: 'version', code: 'unsupported', passphrase, file: { ...file, version: 2 } },
    { why: 'kdf', code: 'corrupt', passphrase, file: { ...file, kdf: 'pbkdf2' } },
    {
      why: 'a bit of the sealed root',
      code: 'corrupt',
      passphrase,
      file: { ...file, sealed: flipped(file.sealed, 0) },
    },
    { why: 'salt', code: 'corrupt', passphrase, file: { ...file, salt: file.salt.slice(2) } },
  ];
  save('member-seal/wrapped-root.json', { passphrase, root, file, refused });
  const bytes = utf8('a record of the index');
  const sealed = sealLocal({ localKey: keys.localKey, purpose: 'index', bytes, random });
  const hex = toHex(sealed);
  const damaged = [
    { why: 'another purpose', purpose: 'cache', sealed: hex },
    { why: 'version', purpose: 'index', sealed: flipped(hex, 0) },
    { why: 'salt', purpose: 'index', sealed: flipped(hex, 1) },
    { why: 'body', purpose: 'index', sealed: flipped(hex, 25) },
    { why: 'tag', purpose: 'index', sealed: flipped(hex, sealed.length - 1) },
    { why: 'cut short', purpose: 'index', sealed: hex.slice(0, -2) },
    { why: 'empty', purpose: 'index', sealed: '' },
  ];
  const { localKey } = keys;
  save('member-seal/local-record.json', { localKey, purpose: 'index', bytes, sealed, damaged });
}

async function savePack(session: {
  readonly envelope: Uint8Array;
  readonly sessionSecret: Uint8Array;
}): Promise<void> {
  const { bulk } = loadNative();
  const shape = SMALL_SHAPE;
  const sealed: Uint8Array[] = [];
  const writer = new PackWriter({
    packId: id,
    session: { ...session, epoch: 0 },
    bulk,
    shape,
    buffer: allocatePages(shape.packLeaves[0] * shape.leafBytes),
    targetLeaves: 4,
    random,
    onLeaves: async (leaves) => {
      sealed.push(leaves.slice());
    },
  });
  const encoder = new FrameEncoder({ bulk, output: allocatePages(64 * 1024) });
  const plains = [random.bytes(3000), utf8('line of a log\n'.repeat(400)), random.bytes(100)];
  const frames = plains.map((plain, index) => {
    const { codec, stored } = encoder.encode(plain, 1);
    const kind = index === 2 ? 'folder' : 'data';
    const chunk = { id: chunkIdOf(bulk, keys.chunkIdKeys, kind, plain), length: plain.length };
    return {
      codec,
      stored: stored.slice(),
      plainBytes: plain.length,
      kind,
      chunks: [chunk],
    } as const;
  });
  for (const frame of frames) await writer.addFrame(frame);
  const { directoryBytes, leafCount } = await writer.finish();
  const whole = new Uint8Array(Buffer.concat(sealed));
  const at = (why: string, byte: number, code = 'corrupt') => ({ why, byte, code });
  save('format/pack.json', {
    shape: 'SMALL_SHAPE',
    packId: id,
    epoch: 0,
    leafCount,
    frames: frames.map((frame, index) => ({ ...frame, plain: plains[index] })),
    directory: directoryBytes,
    sealed: Buffer.from(whole).toString('base64'),
    changes: [
      at('magic', 0),
      at('version 0', 8),
      at('reserved', 10),
      at('epoch', 12, 'unsupported'),
      at('pack id', 16),
      at('X25519', 48),
      at('ML-KEM', 80),
      at('commitment', 1168),
      at('zeros', 1279),
      at('segment 0', 1280),
      at('tag of segment 0', 4095),
      at('segment 1', 4096),
      at('last segment', 12288),
      at('last tag', 16383),
    ],
  });
}

function saveSnapshot(): void {
  const snapshot = sampleSnapshot(device.deviceId, {
    timeMs: 1_790_000_000_123,
    paths: [byteString('/home/hana/写真'), byteString('/etc')],
    root: { id: new Uint8Array(32).fill(7) as ChunkId, length: 1234 },
    skipped: [byteString('/etc/shadow')],
  });
  const { record, snapshotId: name } = encodeSnapshot({ snapshot, device, random });
  const end = record.length;
  const { ownerKey } = keys;
  const { publicKey } = device;
  const changes = [
    { why: 'length', byte: 0, code: 'corrupt' },
    { why: 'body', byte: 4, code: 'refused' },
    { why: 'device key', byte: end - 160, code: 'refused' },
    { why: "owner's signature", byte: end - 128, code: 'refused' },
    { why: "device's signature", byte: end - 64, code: 'refused' },
  ];
  save('format/snapshot.json', {
    ownerKey,
    snapshot,
    record,
    snapshotId: name,
    publicKey,
    changes,
  });
}

saveKeys();
const session = saveEnvelope();
await saveWraps();
await savePack(session);
saveSnapshot();

// Goal (A10, A12, R20): what a store signs to an audit is read back as it was meant, by anyone with its public key
// and years later, and nothing else is: no other question, no other store, no byte changed, cut or added.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteWriter, copyId, KuraError, storeId, toHex } from '@kura/base';
import { ed25519PublicKey, signEd25519, treeHead } from '@kura/log';
import {
  carriedAnswer,
  carriedLeaf,
  decodeFullReadChallenge,
  decodeLeafChallenge,
  type ExaminationFields,
  encodeFullReadChallenge,
  encodeLeafChallenge,
  type Finding,
  type FullReadChallenge,
  hashFullReadChallenge,
  hashLeafChallenge,
  isEntrustedLeaf,
  type LeafChallenge,
  MAX_FINDINGS,
  MAX_NEWS,
  openExamination,
  openFullReadAnswer,
  openLeafAnswer,
  openScrubReport,
  readCarriedAnswer,
  readCarriedLeaf,
  signExamination,
  signFullReadAnswer,
  signLeafAnswer,
  signScrubReport,
} from './index.ts';
import { sha256 } from './leaf-challenge.ts';

const seed = new Uint8Array(32).fill(1);
const storeKey = ed25519PublicKey(seed);
const store = storeId('0a'.repeat(16));
const copies = [copyId('01'.repeat(32)), copyId('02'.repeat(32))] as const;
const check = { storeKey, storeId: store };
const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const leafChallenge: LeafChallenge = {
  ...{ challengeId: '5a'.repeat(16), storeId: store, issuedMs: 1000, deadlineMs: 2000 },
  leaves: [
    { copyId: copies[0], leaf: 3 },
    { copyId: copies[0], leaf: 0 },
    { copyId: copies[1], leaf: 9 },
  ],
};
const fullRead: FullReadChallenge = {
  ...{ challengeId: '5b'.repeat(16), storeId: store, copyId: copies[0] },
  ...{ key: hash(7), nonce: new Uint8Array(12).fill(8) },
};
const finding: Finding = { leaf: 3, kind: 'wrong', blocks: 1, firstBlock: 15, bits: 1 };
const examination: ExaminationFields = {
  ...{ storeId: store, copyId: copies[0], timeMs: 5, state: 'healed', leafCount: 256 },
  ...{ root: hash(9), parity: 'rebuilt', wrongLeaves: 3, foundMs: 4, mediumErrors: 2 },
  reportedBefore: true,
  findings: [
    finding,
    { ...finding, leaf: 4, kind: 'unreadable', errno: 'EIO' },
    { ...finding, leaf: 5, kind: 'foreign', foreign: { copyId: copies[1], leaf: 77 } },
  ],
};

const words: readonly {
  readonly name: string;
  readonly signed: Uint8Array;
  readonly open: (signed: Uint8Array, change?: Partial<typeof check>) => object;
}[] = [
  {
    name: 'leaf answer',
    signed: signLeafAnswer(
      {
        ...{ challengeId: leafChallenge.challengeId, storeId: store, timeMs: 1500 },
        challengeHash: hashLeafChallenge(leafChallenge),
        items: [
          { copyId: copies[0], leaf: 3, state: 'read', hash: hash(1) },
          { copyId: copies[0], leaf: 0, state: 'unreadable', errno: 'EIO' },
          { copyId: copies[1], leaf: 9, state: 'missing' },
        ],
      },
      seed,
    ).signed,
    open: (signed, change) =>
      openLeafAnswer(signed, { ...check, ...change, challenge: leafChallenge }),
  },
  {
    name: 'full-read answer',
    signed: signFullReadAnswer(
      {
        ...{ challengeId: fullRead.challengeId, storeId: store, copyId: copies[0], timeMs: 6 },
        ...{ challengeHash: hashFullReadChallenge(fullRead), state: 'read', root: hash(3) },
        tag: new Uint8Array(16).fill(2),
      },
      seed,
    ).signed,
    open: (signed, change) =>
      openFullReadAnswer(signed, { ...check, ...change, challenge: fullRead }),
  },
  {
    name: 'examination',
    signed: signExamination(examination, seed).signed,
    open: (signed, change) => openExamination(signed, { ...check, ...change, copyId: copies[0] }),
  },
  {
    name: 'scrub report',
    signed: signScrubReport(
      {
        ...{ storeId: store, timeMs: 9, roundMs: 1, wholeRoundMs: 0, copiesRead: 2 },
        ...{ bytesRead: 2 ** 41, mediumErrors: 3 },
        news: [1, 5].map((number) => ({
          ...{ number, copyId: copies[1], foundMs: 8, state: 'damaged' as const, errno: 'EIO' },
          ...{ wrongLeaves: 3, unreadableLeaves: 2, foreignLeaves: 1 },
        })),
      },
      seed,
    ).signed,
    open: (signed, change) => openScrubReport(signed, { ...check, ...change }),
  },
];

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

for (const { name, signed, open } of words) {
  describe(`a ${name}`, () => {
    test('R20: anyone with the key of the store opens it, and it carries its own bytes', () => {
      const opened = open(signed) as { readonly signed: Uint8Array };
      assert.equal(toHex(opened.signed), toHex(signed));
    });

    test('A12: is nobody else’s, and not of another store', () => {
      const other = ed25519PublicKey(hash(2));
      assert.throws(() => open(signed, { storeKey: other }), isRefused);
      assert.throws(() => open(signed, { storeId: storeId('0b'.repeat(16)) }), isRefused);
    });

    test('A12: no byte of it can be changed, cut or added', () => {
      for (let at = 0; at < signed.length; at++) {
        const changed = signed.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.throws(() => open(changed), isRefused, `byte ${at}`);
        assert.throws(() => open(signed.subarray(0, at)), isRefused, `cut at ${at}`);
      }
      assert.throws(() => open(new Uint8Array([...signed, 0])), isRefused);
    });
  });
}

test('A12: an examination is read as it was written, all kinds of findings with it', () => {
  const { signed, ...fields } = openExamination(signExamination(examination, seed).signed, {
    ...check,
    copyId: copies[0],
  });
  assert.ok(signed.length > 0);
  assert.deepEqual(
    { ...fields, root: toHex(fields.root) },
    { ...examination, root: toHex(hash(9)) },
  );
  const many = Array.from({ length: MAX_FINDINGS + 9 }, (_, leaf) => ({ ...finding, leaf }));
  const written = signExamination(
    { ...examination, findings: many, wrongLeaves: many.length },
    seed,
  );
  const read = openExamination(written.signed, { ...check, copyId: copies[0] });
  assert.deepEqual([read.findings.length, read.wrongLeaves], [MAX_FINDINGS, MAX_FINDINGS + 9]);
});

test('R38: a body that a store signed and that says too much is refused before it is read', () => {
  const domain = new TextEncoder().encode('kura/1 scrub report\n');
  const writer = new ByteWriter(8192);
  writer.u8(1);
  writer.raw(new Uint8Array(16).fill(10));
  for (let field = 0; field < 5; field++) writer.u64(1n);
  writer.u32(0);
  writer.u16(MAX_NEWS + 1);
  const body = writer.bytes().slice();
  const signature = signEd25519(new Uint8Array([...domain, ...body]), seed);
  const signed = new Uint8Array([...body, ...signature]);
  assert.throws(() => openScrubReport(signed, check), isRefused);
});

test('R24: challenges are read back, and bounded in both directions', () => {
  assert.deepEqual(decodeLeafChallenge(encodeLeafChallenge(leafChallenge)), leafChallenge);
  const { key, nonce, ...rest } = decodeFullReadChallenge(encodeFullReadChallenge(fullRead));
  assert.deepEqual([toHex(key), toHex(nonce)], [fullRead.key, fullRead.nonce].map(toHex));
  assert.equal(rest.copyId, fullRead.copyId);
  const wrong: Partial<LeafChallenge>[] = [
    { challengeId: 'xyz' },
    { issuedMs: -1 },
    { deadlineMs: 0.5 },
    { leaves: [] },
    { leaves: [{ copyId: copies[0], leaf: -1 }] },
    { leaves: [{ copyId: copies[0], leaf: 2 ** 32 }] },
  ];
  for (const change of wrong) {
    assert.throws(() => encodeLeafChallenge({ ...leafChallenge, ...change }), { code: 'usage' });
  }
  const bytes = encodeLeafChallenge(leafChallenge);
  for (let at = 0; at < bytes.length; at++) {
    assert.throws(() => decodeLeafChallenge(bytes.subarray(0, at)), { code: 'corrupt' });
  }
  assert.throws(() => encodeFullReadChallenge({ ...fullRead, key: hash(1).subarray(1) }), {
    code: 'usage',
  });
});

test('A10: leaves travel beside the answer, and only as the store signed for them', () => {
  const leaves = [0, 1, 2].map((byte) => new Uint8Array(64).fill(byte));
  const hashes = leaves.map(sha256);
  const root = treeHead(new Uint8Array(hashes.flatMap((one) => [...one])));
  const path: Uint8Array[] = [];
  const carried = new Uint8Array([
    ...carriedAnswer(new Uint8Array([9])),
    ...leaves.flatMap((bytes) => [...carriedLeaf({ bytes, path })]),
  ]);
  const { signed, leaves: reader } = readCarriedAnswer(carried);
  assert.deepEqual([...signed], [9]);
  const [first, second] = hashes;
  assert.ok(first !== undefined && second !== undefined);
  const leaf = readCarriedLeaf(reader, { hash: first, leafBytes: 64 });
  assert.equal(isEntrustedLeaf(leaf, 0, { leafCount: 3, root }), false, 'without a path');
  assert.throws(() => readCarriedLeaf(reader, { hash: first, leafBytes: 64 }), { code: 'corrupt' });
  assert.throws(() => readCarriedAnswer(new Uint8Array([255, 255, 255, 255])), { code: 'corrupt' });
  assert.throws(() => readCarriedAnswer(new Uint8Array([5, 0, 0, 0, 1])), { code: 'corrupt' });
});

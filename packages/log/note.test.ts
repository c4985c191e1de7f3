import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fromHex, KuraError, toHex } from '@kura/base';
import fc from 'fast-check';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { ed25519PublicKey, signEd25519, verifyEd25519 } from './ed25519.ts';
import { openNote, signNote } from './note.ts';
import { formatVerifierKey } from './verifier-key.ts';

interface Vectors {
  name: string;
  publicKey: string;
  seed: string;
  verifierKey: string;
  text: string;
  valid: { what: string; note: string }[];
  invalid: { why: string; note: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/notes.json', import.meta.url), 'utf8'),
) as Vectors;
const name = vectors.name;
const publicKey = fromHex(vectors.publicKey);

const isRefusal = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('signed notes', () => {
  it('the published text, key and signature come out byte for byte', () => {
    const note = signNote({ text: vectors.text, name, seed: fromHex(vectors.seed) });
    assert.equal(note, vectors.valid[0]?.note);
    assert.equal(formatVerifierKey({ name, publicKey }, 'ed25519'), vectors.verifierKey);
  });

  for (const { what, note } of vectors.valid) {
    it(`opens a note ${what}`, () => {
      assert.equal(openNote({ note, name, publicKey }), vectors.text);
    });
  }

  for (const { why, note } of vectors.invalid) {
    it(`refuses a note with ${why}`, () => {
      assert.throws(() => openNote({ note, name, publicKey }), isRefusal);
    });
  }

  it('no changed character of a note goes unnoticed', () => {
    const note = vectors.valid[0]?.note ?? '';
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
        fc.pre(note.charCodeAt(at) !== code);
        const changed = note.slice(0, at) + String.fromCharCode(code) + note.slice(at + 1);
        assert.throws(() => openNote({ note: changed, name, publicKey }), isRefusal);
      }),
    );
  });

  it('arbitrary text is refused with a typed error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.throws(() => openNote({ note: `${text}\n\n— a b\n`, name, publicKey }), isRefusal);
        assert.throws(() => openNote({ note: text, name, publicKey }), isRefusal);
      }),
    );
  });
});

describe('checkpoints', () => {
  const head = new Uint8Array(32).fill(5);
  const seed = new Uint8Array(32).fill(6);
  const origin = 'kura.example/log';

  it('come back as they were signed', () => {
    const note = signCheckpoint({ origin, size: 20_852_163, head }, seed);
    const key = { origin, publicKey: ed25519PublicKey(seed) };
    assert.deepEqual(openCheckpoint(note, key), { origin, size: 20_852_163, head });
  });

  it('extension lines are ignored', () => {
    const text = `${formatCheckpoint({ origin, size: 1, head })}extension\n`;
    assert.deepEqual(parseCheckpoint(text), { origin, size: 1, head });
  });

  for (const [why, text] of Object.entries({
    'two lines': `${origin}\n1\n`,
    'an empty line': `\n1\n${'A'.repeat(43)}=\n`,
    'an empty extension': `${origin}\n1\n${'A'.repeat(43)}=\n\n`,
    'no last newline': `${origin}\n1\n${'A'.repeat(43)}=`,
    'a leading zero': `${origin}\n01\n${'A'.repeat(43)}=\n`,
    'a negative size': `${origin}\n-1\n${'A'.repeat(43)}=\n`,
    'a size out of range': `${origin}\n9999999999999999\n${'A'.repeat(43)}=\n`,
    'a short head': `${origin}\n1\nAAAA\n`,
    'base64 with loose bits': `${origin}\n1\n${'A'.repeat(42)}B=\n`,
  })) {
    it(`with ${why} are refused`, () => {
      assert.throws(() => parseCheckpoint(text), isRefusal);
    });
  }
});

describe('Ed25519', () => {
  // RFC 8032, 7.1, test 2.
  const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
  const key = fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
  const message = fromHex('72');

  it('signs and verifies as in RFC 8032', () => {
    assert.equal(toHex(ed25519PublicKey(seed)), toHex(key));
    assert.equal(toHex(signEd25519(message, seed)), signature);
    assert.equal(verifyEd25519(message, fromHex(signature), key), true);
  });

  it('refuses another message, and signatures and keys of a wrong length', () => {
    assert.equal(verifyEd25519(fromHex('73'), fromHex(signature), key), false);
    assert.equal(verifyEd25519(message, fromHex(signature).subarray(1), key), false);
    assert.equal(verifyEd25519(message, fromHex(signature), key.subarray(1)), false);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KuraError, must, toHex } from '@kura/base';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign, openCosignature } from './cosignature.ts';
import { ed25519PublicKey, signEd25519 } from './ed25519.ts';
import { formatSignatureLine, parseNote, parseSignatureLines, signNote } from './note.ts';
import { formatVerifierKey, noteKeyId, parseVerifierKey } from './verifier-key.ts';

interface Vectors {
  log: string;
  witnesses: string[];
  stranger: string;
  seconds: number;
  size: number;
  note: string;
  specification: { note: string; witness: string; keyId: string; seconds: number; message: string };
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/cosignatures.json', import.meta.url), 'utf8'),
) as Vectors;
const witnesses = vectors.witnesses.map((text) => parseVerifierKey(text, 'cosignature'));
const note = parseNote(vectors.note);

const isRefusal = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('cosignatures', () => {
  for (const witness of witnesses) {
    it(`of a public log, by ${witness.name}, verify with the time at which it saw it`, () => {
      const cosignature = must(openCosignature(note, witness), 'it has cosigned');
      assert.equal(cosignature.timeMs, vectors.seconds * 1000);
    });

    it(`by ${witness.name} do not verify for another size`, () => {
      const other = vectors.note.replace(`${vectors.size}`, `${vectors.size + 1}`);
      assert.throws(() => openCosignature(parseNote(other), witness), isRefusal);
    });
  }

  it('a log signs beside its witnesses, and signatures of other types are ignored', () => {
    const { name, publicKey } = parseVerifierKey(vectors.log, 'ed25519');
    const { size } = openCheckpoint(vectors.note, { origin: name, publicKey });
    assert.equal(size, vectors.size);
  });

  it('a witness that has not cosigned says nothing', () => {
    const stranger = parseVerifierKey(vectors.stranger, 'cosignature');
    assert.equal(openCosignature(note, stranger), undefined);
  });

  it('have the frame of the specification: key id, seconds in big-endian, signature', () => {
    const { note: text, witness, keyId, seconds, message } = vectors.specification;
    const line = must(
      parseNote(text).signatures.find(({ name }) => name === witness),
      'the example has it',
    );
    assert.equal(toHex(line.keyId), keyId);
    assert.equal(line.signature.length, 72);
    const view = new DataView(line.signature.buffer, line.signature.byteOffset);
    assert.equal(Number(view.getBigUint64(0)), seconds);
    // What we sign at that second over that checkpoint is the message that the specification shows.
    const seed = new Uint8Array(32).fill(1);
    const [own] = parseSignatureLines(
      cosign(parseNote(text).text, { name: 'w', seed }, 1679315147999),
    );
    const signature = signEd25519(new TextEncoder().encode(message), seed);
    assert.equal(toHex(must(own, 'one line').signature.subarray(8)), toHex(signature));
  });

  it('a plain signature of the witness is no cosignature, and the other way round', () => {
    const seed = new Uint8Array(32).fill(3);
    const text = formatCheckpoint({
      origin: 'kura.example/log',
      size: 1,
      head: new Uint8Array(32),
    });
    const plain = signNote({ text, name: 'w', seed });
    const key = { name: 'w', publicKey: ed25519PublicKey(seed) };
    assert.equal(openCosignature(parseNote(plain), key), undefined);
    const cosigned = `${text}\n${cosign(text, { name: 'w', seed }, 0)}`;
    assert.throws(
      () => openCheckpoint(cosigned, { origin: 'w', publicKey: key.publicKey }),
      isRefusal,
    );
  });

  it('of a wrong length under a known key is refused', () => {
    const seed = new Uint8Array(32).fill(3);
    const key = { name: 'w', publicKey: ed25519PublicKey(seed) };
    const text = formatCheckpoint({
      origin: 'kura.example/log',
      size: 1,
      head: new Uint8Array(32),
    });
    const line = { name: 'w', keyId: noteKeyId(key, 'cosignature'), signature: new Uint8Array(71) };
    const short = parseNote(`${text}\n${formatSignatureLine(line)}`);
    assert.throws(() => openCosignature(short, key), isRefusal);
  });

  it('cover extension lines', () => {
    const seed = new Uint8Array(32).fill(3);
    const key = { name: 'w', publicKey: ed25519PublicKey(seed) };
    const base = formatCheckpoint({
      origin: 'kura.example/log',
      size: 1,
      head: new Uint8Array(32),
    });
    const line = cosign(`${base}one\n`, { name: 'w', seed }, 5000);
    assert.equal(openCosignature(parseNote(`${base}one\n\n${line}`), key)?.timeMs, 5000);
    assert.throws(() => openCosignature(parseNote(`${base}two\n\n${line}`), key), isRefusal);
  });

  it('are added to the note that the log signed', () => {
    const seed = new Uint8Array(32).fill(6);
    const log = { origin: 'kura.example/log', publicKey: ed25519PublicKey(seed) };
    const signed = signCheckpoint({ origin: log.origin, size: 3, head: new Uint8Array(32) }, seed);
    const witness = { name: 'w', seed: new Uint8Array(32).fill(7) };
    const cosigned = signed + cosign(parseNote(signed).text, witness, 9000);
    assert.equal(openCheckpoint(cosigned, log).size, 3);
    const key = { name: 'w', publicKey: ed25519PublicKey(witness.seed) };
    assert.equal(openCosignature(parseNote(cosigned), key)?.timeMs, 9000);
    assert.equal(parseCheckpoint(parseNote(cosigned).text).size, 3);
  });
});

describe('verifier keys', () => {
  for (const text of vectors.witnesses) {
    it(`${text} comes back as it was written`, () => {
      assert.equal(formatVerifierKey(parseVerifierKey(text, 'cosignature'), 'cosignature'), text);
    });
  }

  const [key = ''] = vectors.witnesses;
  for (const [why, text] of Object.entries({
    'the id of another': key.replace('+d8042a87+', '+d8042a88+'),
    'no id': key.replace('+d8042a87', ''),
    'a changed key': `${key.slice(0, -4)}AAAA`,
    'a short key': key.slice(0, -4),
    'a space in its name': key.replace('/', ' '),
    nothing: '',
  })) {
    it(`with ${why} are refused`, () => {
      assert.throws(() => parseVerifierKey(text, 'cosignature'), isRefusal);
    });
  }

  it('of a log are none of a witness', () => {
    assert.throws(() => parseVerifierKey(vectors.log, 'cosignature'), isRefusal);
  });
});

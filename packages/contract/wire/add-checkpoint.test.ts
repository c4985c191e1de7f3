import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '@kura/base';
import { toBase64 } from '@kura/log';
import { decodeAddCheckpoint, encodeAddCheckpoint, parseSize } from './add-checkpoint.ts';

const HASH = new Uint8Array(32).fill(7);
const NOTE = 'kura.network/x\n3\nhead\n\n— kura.network/x sig\n';

describe('what a log asks a witness', () => {
  it('is written as the specification shows it, and read back', () => {
    const asked = { oldSize: 2, proof: [HASH, HASH], checkpoint: NOTE };
    const bytes = encodeAddCheckpoint(asked);
    const line = toBase64(HASH);
    assert.equal(Buffer.from(bytes).toString('utf8'), `old 2\n${line}\n${line}\n\n${NOTE}`);
    assert.deepEqual(decodeAddCheckpoint(bytes), asked);
  });

  it('needs no proof from the empty log', () => {
    const asked = { oldSize: 0, proof: [], checkpoint: NOTE };
    assert.equal(Buffer.from(encodeAddCheckpoint(asked)).toString('utf8'), `old 0\n\n${NOTE}`);
    assert.deepEqual(decodeAddCheckpoint(encodeAddCheckpoint(asked)), asked);
  });

  for (const [why, text] of Object.entries({
    'nothing in it': '',
    'no empty line': 'old 2\n',
    'another first line': `new 2\n\n${NOTE}`,
    'a size with a zero before it': `old 02\n\n${NOTE}`,
    'a size below zero': `old -1\n\n${NOTE}`,
    'a size that no log has': `old 99999999999999999999\n\n${NOTE}`,
    'a hash that is too short': `old 2\nAAAA\n\n${NOTE}`,
    'a hash in another spelling': `old 2\n${toBase64(HASH).replace('=', '')}\n\n${NOTE}`,
    'too many hashes': `old 2\n${`${toBase64(HASH)}\n`.repeat(64)}\n${NOTE}`,
    'too much of everything': `old 2\n\n${'x'.repeat(80_000)}`,
  })) {
    it(`is refused with ${why}`, () => {
      assert.throws(() => decodeAddCheckpoint(utf8(text)), { code: 'hostile' });
    });
  }

  it('a size has one spelling', () => {
    assert.deepEqual(['0', '7', '9007199254740991'].map(parseSize), [
      0,
      7,
      Number.MAX_SAFE_INTEGER,
    ]);
    for (const text of ['', '00', '1 ', '+1', '1e3', '9007199254740992']) {
      assert.equal(parseSize(text), undefined, text);
    }
  });
});

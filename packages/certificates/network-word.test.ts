import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { formatNetworkWord, isNetworkWord, parseNetworkWord } from './network-word.ts';

const word = { address: 'kura.example.org:7443', rootHash: new Uint8Array(32).fill(7) };

test('the word of a network is one word that can be read again', () => {
  const text = formatNetworkWord(word);
  assert.match(text, /^kura-network:\S+$/);
  assert.ok(isNetworkWord(text));
  assert.deepEqual(parseNetworkWord(text), word);
});

test('half of it, an invitation, and every other text is refused with what to do', () => {
  const text = formatNetworkWord(word);
  for (const other of [
    '',
    'kura-network:',
    text.slice(0, -1),
    `${text}#x`,
    text.replace('network', 'invite'),
  ]) {
    assert.throws(
      () => parseNetworkWord(other),
      (error) =>
        error instanceof KuraError && error.code === 'usage' && error.guidance !== undefined,
      other,
    );
  }
});

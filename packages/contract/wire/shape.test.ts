import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { bytes, choice, flag, list, optional, record, text, whole } from './shape.ts';

const SHAPE = record({
  name: text({ maxLength: 3 }),
  size: whole({ min: 1, max: 9 }),
  key: bytes({ min: 2, max: 2 }),
  kinds: list(choice(['a', 'b']), { maxItems: 2 }),
  isNew: optional(flag),
});
const SOUND = { name: 'abc', size: 9, key: 'AQI', kinds: ['a', 'b'] };

/** Each differs from the sound one in a single respect. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  'no object': [SOUND],
  'a field too many': { ...SOUND, more: 1 },
  'a field from the prototype': { ...SOUND, toString: 'x' },
  'a field missing': { name: 'abc', size: 9, key: 'AQI' },
  'a text too long': { ...SOUND, name: 'abcd' },
  'half a character': { ...SOUND, name: '\ud800' },
  'a number too large': { ...SOUND, size: 10 },
  'a number that is not whole': { ...SOUND, size: 1.5 },
  'a number as text': { ...SOUND, size: '9' },
  'bytes too few': { ...SOUND, key: 'AQ' },
  'bytes with padding': { ...SOUND, key: 'AQI=' },
  'bytes with bits left over': { ...SOUND, key: 'AQJ' },
  'a list too long': { ...SOUND, kinds: ['a', 'a', 'a'] },
  'none of the choices': { ...SOUND, kinds: ['c'] },
  'null for what is optional': { ...SOUND, isNew: null },
};

describe('shape', () => {
  it('reads what it wrote', () => {
    const value = SHAPE.read(SOUND, '');
    assert.deepEqual(value.key, new Uint8Array([1, 2]));
    assert.deepEqual(SHAPE.write(value), SOUND);
  });

  for (const [what, body] of Object.entries(HOSTILE)) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => SHAPE.read(body, ''),
        (error: unknown) => error instanceof KuraError && error.code === 'hostile',
      );
    });
  }

  it('ignores unknown fields, at any depth, where the reader says so', () => {
    const outer = record({
      inner: list(record({ size: whole({ min: 0, max: 9 }) }), { maxItems: 1 }),
    });
    const json = { inner: [{ size: 1, more: 2 }], newer: true };
    assert.deepEqual(outer.read(json, '', 'ignored'), { inner: [{ size: 1 }] });
    assert.throws(() => outer.read(json, ''), /a field too many/);
  });

  it('describes bounds as JSON Schema', () => {
    assert.deepEqual(SHAPE.schema.required, ['name', 'size', 'key', 'kinds']);
    assert.equal(SHAPE.schema.additionalProperties, false);
  });
});

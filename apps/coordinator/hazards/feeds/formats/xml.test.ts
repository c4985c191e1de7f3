import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { MAX_XML_ATTRIBUTES, MAX_XML_DEPTH, MAX_XML_ELEMENTS } from '../fetch/limits.ts';
import { bytesOf } from '../test-data.ts';
import { childAt, descendantsOf, parseXml, textAt } from './xml.ts';

const parse = (text: string) => parseXml(bytesOf(text), { noun: 'the document' });

function refuses(bytes: Uint8Array, code: string): void {
  assert.throws(
    () => parseXml(bytes, { noun: 'the document' }),
    (error) => error instanceof KuraError && error.code === code,
  );
}

test('elements keep order, text, attributes and namespaces, whatever their prefix', () => {
  const root = parse(
    '<c:a xmlns:c="urn:c" c:x="1"><b>one &amp; <![CDATA[<two>]]></b><b>three</b></c:a>',
  );
  assert.deepEqual([root.name, root.namespace, root.attributes.get('x')], ['a', 'urn:c', '1']);
  assert.deepEqual(
    descendantsOf(root, 'b').map(({ text }) => text),
    ['one & <two>', 'three'],
  );
  assert.equal(textAt(root, 'b'), 'one & <two>');
  assert.equal(childAt(root, 'b', 'c'), undefined);
});

test('a document that is not well-formed is corrupt', () => {
  for (const text of [
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a>&nbsp;</a>',
    '<a>&#0;</a>',
    '<a b="1" b="2"/>',
    '<x:a/>',
    '<a',
    '<a>\u0000</a>',
  ]) {
    refuses(bytesOf(text), 'corrupt');
  }
});

test('a DOCTYPE is hostile, with or without entities in it', () => {
  refuses(bytesOf('<!DOCTYPE a><a/>'), 'hostile');
  refuses(bytesOf('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), 'hostile');
});

test('depth, elements, attributes and bytes are bounded while reading', () => {
  const nested = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels);
  assert.equal(parse(nested(MAX_XML_DEPTH)).name, 'a');
  refuses(bytesOf(nested(MAX_XML_DEPTH + 1)), 'too_large');
  refuses(bytesOf(`<a>${'<b/>'.repeat(MAX_XML_ELEMENTS)}</a>`), 'too_large');
  const attributes = Array.from({ length: MAX_XML_ATTRIBUTES + 1 }, (_, index) => `a${index}=""`);
  refuses(bytesOf(`<a ${attributes.join(' ')}/>`), 'too_large');
  const options = { noun: 'the document', maxBytes: 3 };
  assert.throws(() => parseXml(bytesOf('<a/>'), options), /4 bytes, 3 at most/);
});

test('encodings are as declared; unknown ones and bytes that are none are refused', () => {
  const declared = (encoding: string, text: string): Uint8Array => {
    const head = Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>`, 'latin1');
    return new Uint8Array(Buffer.concat([head, Buffer.from(text, 'latin1')]));
  };
  const read = (bytes: Uint8Array) => parseXml(bytes, { noun: 'the document' }).text;
  assert.equal(read(declared('ISO-8859-1', '<a>Usulut\u00e1n</a>')), 'Usulután');
  assert.equal(read(declared('Shift_JIS', '<a>\u0092n\u0090k</a>')), '地震');
  assert.equal(read(new Uint8Array(Buffer.from('\ufeff<a>é</a>', 'utf8'))), 'é');
  assert.equal(read(new Uint8Array(Buffer.from('\ufeff<a>é</a>', 'utf16le'))), 'é');
  refuses(declared('EBCDIC', '<a/>'), 'unsupported');
  refuses(declared('utf-8', '<a>\u00ff</a>'), 'corrupt');
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, KuraError, utf8 } from '@kura/base';
import type { FileStatus } from '@kura/native';
import { expandPattern, parseFilesFrom, parseFilesFrom0 } from './files-from.ts';

const isUsage = (error: unknown): boolean => error instanceof KuraError && error.code === 'usage';

describe('lists of files', () => {
  it('has one pattern per line, without comments and empty lines', () => {
    const list = parseFilesFrom(utf8('\ufeff/home/ann\r\n# not this\n\n  /etc/*.conf \n'));
    assert.deepEqual(list, ['/home/ann', '/etc/*.conf']);
  });

  it('takes names as they are between NULs, in any bytes', () => {
    const list = parseFilesFrom0(new Uint8Array([0x61, 0x0a, 0x20, 0, 0xff, 0xfe, 0]));
    assert.deepEqual(list, ['a\n ', '\xff\xfe']);
    assert.deepEqual(parseFilesFrom0(new Uint8Array()), []);
  });

  it('refuses an empty name and a list that is cut off', () => {
    assert.throws(() => parseFilesFrom0(utf8('a\0\0b\0')), isUsage);
    assert.throws(() => parseFilesFrom0(utf8('a\0b')), isUsage);
  });
});

describe('patterns in a list of files', () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    '/': ['etc', 'home'],
    '/etc': ['a.conf', 'b.conf', 'c.txt'],
    '/home': ['ann', 'bob', 'ün'],
    '/home/ann': ['mail'],
    '/home/bob': [],
    '/home/ün': ['mail'],
  };
  const reader = {
    readFolder(path: ByteString) {
      const names = tree[Buffer.from(path, 'latin1').toString('utf8')];
      if (names === undefined) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
      return names.map((name) => ({ name: byteString(name), type: undefined }));
    },
    status(path: ByteString): FileStatus | undefined {
      const text = Buffer.from(path, 'latin1').toString('utf8');
      const parent = text.slice(0, text.lastIndexOf('/')) || '/';
      const isThere = tree[parent]?.includes(text.slice(text.lastIndexOf('/') + 1));
      return isThere ? ({} as FileStatus) : undefined;
    },
  };
  const expand = (pattern: string): string[] =>
    expandPattern(byteString(pattern), reader).map((path) =>
      Buffer.from(path, 'latin1').toString('utf8'),
    );

  it('become the names that are there', () => {
    assert.deepEqual(expand('/etc/*.conf'), ['/etc/a.conf', '/etc/b.conf']);
    assert.deepEqual(expand('/home/*/mail'), ['/home/ann/mail', '/home/ün/mail']);
    assert.deepEqual(expand('/home/?n'), ['/home/ün']);
    assert.deepEqual(expand('/none/*'), []);
  });

  it('stay as they are without wild cards: a missing file is to be reported', () => {
    assert.deepEqual(expand('/etc/gone'), ['/etc/gone']);
  });
});
